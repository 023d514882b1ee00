"""confusion: how often each class was taken for each.

    metrics: [accuracy, confusion]

A table of counts: row = the class it was, column = the class it was taken for.
"""

from typing import ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Metric, Value
from nnspec.parts.metrics._classes import class_count, class_numbers


class Confusion(Metric):
    """Counts by true class and answered class."""

    better: ClassVar[Literal["higher", "lower"] | None] = None

    def measure(self, y: Array, t: Array) -> Array:
        classes = class_count(y)
        cells = class_numbers(t) * classes + class_numbers(y)
        return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.float64)

    def result(self, total: Array) -> Value:
        table: list[list[float]] = total.tolist()
        return table
