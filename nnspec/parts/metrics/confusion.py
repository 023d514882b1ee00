"""confusion: how often each class was taken for each.

    metrics: [accuracy, confusion]

A table of counts: row = the class it was, column = the class it was taken for.
"""

from typing import ClassVar, Literal

from nnspec.extend import Array, Value
from nnspec.parts.metrics._classes import OfClasses, confusion_counts


class Confusion(OfClasses):
    """Counts by true class and answered class."""

    better: ClassVar[Literal["higher", "lower"] | None] = None

    def measure(self, y: Array, t: Array) -> Array:
        return confusion_counts(y, t)

    def result(self, total: Array) -> Value:
        table: list[list[float]] = total.tolist()
        return table
