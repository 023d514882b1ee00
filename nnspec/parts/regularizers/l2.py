"""l2: half the sum of the squared weights; keeps weights small (weight decay).

    regularizer: {l2: 1e-4}

R = (λ/2) Σ w²;  dR/dw = λ w.  The tutorials' λ/n: their 5.0 over 50,000 samples is 1e-4 here.
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 3, equation 85)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, NonNegativeFloat, Regularizer


class L2(Regularizer):
    """Squares (ridge, weight decay)."""

    primary: ClassVar[str | None] = "strength"
    formulas: ClassVar[Mapping[str, str]] = {"R": "(λ/2) Σ w²", "w": "λ w"}

    strength: Annotated[NonNegativeFloat, Field(description="λ")]

    def penalty(self, weights: Array) -> float:
        return 0.5 * self.strength * float(np.dot(weights, weights))

    def add_gradient(self, weights: Array, gradient: Array, scratch: Array) -> None:
        np.multiply(weights, self.strength, out=scratch)
        gradient += scratch
