"""nadam: adam that looks ahead along its mean gradient, as nesterov does along the velocity.

    optimizer: {nadam: 0.002}

m <- β1 m + (1 - β1) g;  v <- β2 v + (1 - β2) g²
w <- w - η (β1 m / (1 - β1^(t + 1)) + (1 - β1) g / (1 - β1^t)) / (√v̂ + ε), with v̂ = v / (1 - β2^t) at step t
(T. Dozat, Incorporating Nesterov Momentum into Adam, 2016, algorithm 2, with a constant μ = β1)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Piece, factor_text, number_text
from nnspec.parts.optimizers._moments import Moments


class Nadam(Moments):
    """Adam with Nesterov's momentum."""

    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {
        "m": "β1 m + (1 - β1) g",
        "v": "β2 v + (1 - β2) g²",
        "w": "w - η (β1 m / (1 - β1^(t+1)) + (1 - β1) g / (1 - β1^t)) / (√v̂ + ε) with v̂ = v / (1 - β2^t)",
    }

    def update(self, piece: Piece, rate: float, step: int) -> None:
        self.gather(piece)
        divisor = self.spread(piece, step)
        move = piece.gradient
        ahead = rate * self.beta1 / (1 - self.beta1 ** (step + 1))
        here = rate * (1 - self.beta1) / (1 - self.beta1**step)
        move *= here
        move /= divisor
        np.subtract(piece.weights, move, out=piece.weights)
        np.divide(piece.slots["mean"], divisor, out=move)
        move *= ahead
        np.subtract(piece.weights, move, out=piece.weights)

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        g, ahead = factor_text(gradient), number_text(self.beta1 / (1 + self.beta1))
        return f"{number_text(weight)} - {number_text(rate)}·({ahead}·{g} + {g}) / (√({g}²) + {self.epsilon:g})"
