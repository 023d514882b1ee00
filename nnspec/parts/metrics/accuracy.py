"""accuracy: the share of samples whose class is right.

    metrics: [accuracy]

The class of a sample is its largest output; with a single output, whether that exceeds 1/2.
"""

import numpy as np

from nnspec.extend import Array, Metric, Value
from nnspec.parts.metrics._classes import class_numbers


class Accuracy(Metric):
    """Correct of all."""

    def measure(self, y: Array, t: Array) -> Array:
        return np.array([np.count_nonzero(class_numbers(y) == class_numbers(t)), y.shape[-1]], dtype=np.float64)

    def result(self, total: Array) -> Value:
        return float(total[0] / total[1])

    def text(self, total: Array) -> str:
        return f"{total[0]:.0f} of {total[1]:.0f}"
