"""l1: the sum of the weights' sizes; drives small weights to 0.

    regularizer: {l1: 1e-5}

R = λ Σ |w|;  dR/dw = λ sign(w)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, NonNegativeFloat, Regularizer


class L1(Regularizer):
    """Absolute values (the lasso)."""

    primary: ClassVar[str | None] = "strength"
    formulas: ClassVar[Mapping[str, str]] = {"R": "λ Σ |w|", "w": "λ sign(w)"}

    strength: Annotated[NonNegativeFloat, Field(description="λ")]

    def penalty(self, weights: Array) -> float:
        return self.strength * float(np.linalg.norm(weights, 1))

    def add_gradient(self, weights: Array, gradient: Array, scratch: Array) -> None:
        np.sign(weights, out=scratch)
        scratch *= self.strength
        gradient += scratch
