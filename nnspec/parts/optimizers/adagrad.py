"""adagrad: each parameter's steps shrink with all the gradients it has seen.

    optimizer: {adagrad: 0.01}

G <- G + g²;  w <- w - η g / (√G + ε)
(J. Duchi and others, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011, section
1.3, diagonal form)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Optimizer, Piece, Update
from nnspec.parts.optimizers._moments import Epsilon, rooting, spell_sign


class Adagrad(Optimizer):
    """For inputs that are rarely other than 0: their weights keep taking large steps."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("square",)
    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {"G": "G + g²", "w": "w - η g / (√G + ε)"}

    epsilon: Epsilon = 1e-10

    def bind(self, piece: Piece) -> Update:
        weights, square, move, scratch = piece.weights, piece.slots["square"], piece.gradient, piece.scratch
        root = rooting(piece, self.epsilon)

        def update(rate: float, _step: int) -> None:
            np.multiply(move, move, scratch)
            np.add(square, scratch, square)
            np.divide(move, root(1.0), move)
            np.multiply(move, rate, move)
            np.subtract(weights, move, weights)

        return update

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        return spell_sign(weight, gradient, rate, self.epsilon)
