"""nadam: adam that looks ahead along its mean gradient, as nesterov does along the velocity.

    optimizer: {nadam: 0.002}

m <- β1 m + (1 - β1) g;  v <- β2 v + (1 - β2) g²
w <- w - η (β1 m / (1 - β1^(t + 1)) + (1 - β1) g / (1 - β1^t)) / (√v̂ + ε), with v̂ = v / (1 - β2^t) at step t
(T. Dozat, Incorporating Nesterov Momentum into Adam, 2016, algorithm 2, with a constant μ = β1)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g.
"""

from collections.abc import Mapping
from math import sqrt
from typing import ClassVar

import numpy as np

from nnspec.extend import Piece, Update, factor_text, number_text
from nnspec.parts.optimizers._moments import Moments, numbers, rooting


class Nadam(Moments):
    """Adam with Nesterov's momentum."""

    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {
        "m": "β1 m + (1 - β1) g",
        "v": "β2 v + (1 - β2) g²",
        "w": "w - η (β1 m / (1 - β1^(t+1)) + (1 - β1) g / (1 - β1^t)) / (√v̂ + ε) with v̂ = v / (1 - β2^t)",
    }

    def bind(self, piece: Piece) -> Update:
        weights, move, mean, scratch = piece.weights, piece.gradient, piece.slots["mean"], piece.scratch
        gather, root = self.gathering(piece), rooting(piece, self.epsilon)
        here, ahead = numbers(weights, 0.0, 0.0)

        def update(rate: float, step: int) -> None:
            gather(step)
            correction = sqrt(1 - self.beta2**step)
            here[()] = rate * correction * (1 - self.beta1) / (1 - self.beta1**step)
            ahead[()] = rate * correction * self.beta1 / (1 - self.beta1 ** (step + 1))
            np.multiply(move, here, move)
            np.multiply(mean, ahead, scratch)
            np.add(move, scratch, move)
            np.divide(move, root(correction), move)
            np.subtract(weights, move, weights)

        return update

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        g, ahead = factor_text(gradient), number_text(self.beta1 / (1 + self.beta1))
        return f"{number_text(weight)} - {number_text(rate)}·({ahead}·{g} + {g}) / (√({g}²) + {self.epsilon:g})"
