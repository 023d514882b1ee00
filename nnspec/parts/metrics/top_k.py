"""top_k: the share of samples whose class is among the k largest outputs.

metrics: [accuracy, {top_k: 3}]
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, Metric, PositiveInt, Value
from nnspec.parts.metrics._classes import class_numbers


class TopK(Metric):
    """Right within k guesses; an output that ties with the right one counts as before it only if larger."""

    primary: ClassVar[str | None] = "k"

    k: Annotated[PositiveInt, Field(description="number of guesses")] = 5

    def measure(self, y: Array, t: Array) -> Array:
        flat = y.reshape(-1, y.shape[-1])
        if len(flat) == 1:
            flat = np.concatenate([1 - flat, flat])
        right = np.take_along_axis(flat, class_numbers(t)[np.newaxis], axis=0)
        ahead = np.count_nonzero(flat > right, axis=0)
        return np.array([np.count_nonzero(ahead < self.k), y.shape[-1]], dtype=np.float64)

    def result(self, total: Array) -> Value:
        return float(total[0] / total[1])

    def text(self, total: Array) -> str:
        return f"{total[0]:.0f} of {total[1]:.0f}"
