"""radam: adam that holds back until it has seen enough gradients to know their spread.

    optimizer: {radam: 0.001}

m <- β1 m + (1 - β1) g;  v <- β2 v + (1 - β2) g²;  m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t) at step t
ρ∞ = 2 / (1 - β2) - 1;  ρ = ρ∞ - 2 t β2^t / (1 - β2^t)
w <- w - η r m̂ / (√v̂ + ε) where ρ > 5, with r = √((ρ - 4) (ρ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρ)), else w - η m̂
(L. Liu and others, On the Variance of the Adaptive Learning Rate and Beyond, 2020, algorithm 2; which has 4 in
place of 5. Its authors' own code waits until 5, and so do PyTorch and this.)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g.
"""

from collections.abc import Mapping
from math import sqrt
from typing import ClassVar

import numpy as np

from nnspec.extend import Piece, Update, factor_text, number_text
from nnspec.parts.optimizers._moments import Moments

ENOUGH = 5.0


class RAdam(Moments):
    """Rectified Adam: needs no warmup."""

    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {
        "m": "β1 m + (1 - β1) g",
        "v": "β2 v + (1 - β2) g²",
        "w": "w - η m̂ in the first steps, then w - η r m̂ / (√v̂ + ε) with a factor r that grows to 1",
    }

    def bind(self, piece: Piece) -> Update:
        weights, mean, scratch = piece.weights, piece.slots["mean"], piece.scratch
        gather, adapt = self.gathering(piece), self.adapting(piece)

        def update(rate: float, step: int) -> None:
            gather(step)
            rectified = self._rectification(step)
            if rectified > 0:
                adapt(rate * rectified, step)
            else:
                np.multiply(mean, rate / (1 - self.beta1**step), scratch)
                np.subtract(weights, scratch, weights)

        return update

    def _rectification(self, step: int) -> float:
        """r, or 0 while too few gradients have been seen."""
        power = self.beta2**step
        longest = 2 / (1 - self.beta2) - 1
        length = longest - 2 * step * power / (1 - power)
        if length <= ENOUGH:
            return 0.0
        return sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        return f"{number_text(weight)} - {number_text(rate)}·{factor_text(gradient)}"
