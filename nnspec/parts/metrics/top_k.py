"""top_k: the share of samples whose class is among the k largest outputs.

    metrics: [accuracy, {top_k: 3}]

Of outputs that tie, the lower class number counts as the earlier guess.
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, PositiveInt, Value
from nnspec.parts.metrics._classes import OfClasses, class_numbers


class TopK(OfClasses):
    """Right within k guesses."""

    primary: ClassVar[str | None] = "k"

    k: Annotated[PositiveInt, Field(description="number of guesses")] = 5

    def measure(self, y: Array, t: Array) -> Array:
        flat = y.reshape(-1, y.shape[-1])
        if len(flat) == 1:
            flat = np.concatenate([1 - flat, flat])
        # Stable, as the arg max of `accuracy` is: with k = 1 both count alike.
        guesses = np.argsort(-flat, axis=0, kind="stable")[: self.k]
        hits = (guesses == class_numbers(t)).any(axis=0)
        return np.array([np.count_nonzero(hits), y.shape[-1]], dtype=np.float64)

    def result(self, total: Array) -> Value:
        return float(total[0] / total[1])

    def text(self, total: Array) -> str:
        return f"{total[0]:.0f} of {total[1]:.0f}"
