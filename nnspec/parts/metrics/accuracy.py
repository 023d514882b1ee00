"""accuracy: the share of samples whose class is right.

    metrics: [accuracy]

The class of a sample is its largest output; with a single output, whether that exceeds 1/2. A sample of several
labels is right where every label is.
"""

import numpy as np

from nnspec.extend import Array, Value
from nnspec.parts.metrics._classes import OfClassesOrLabels, class_numbers, labels


class Accuracy(OfClassesOrLabels):
    """Correct of all."""

    def measure(self, y: Array, t: Array) -> Array:
        return np.array([np.count_nonzero(self._right(y, t)), y.shape[-1]], dtype=np.float64)

    def result(self, total: Array) -> Value:
        return float(total[0] / total[1])

    def text(self, total: Array) -> str:
        return f"{total[0]:.0f} of {total[1]:.0f}"

    def _right(self, y: Array, t: Array) -> Array:
        if self.of_labels:
            return np.asarray((labels(y) == labels(t)).all(axis=0))
        return np.asarray(class_numbers(y) == class_numbers(t))
