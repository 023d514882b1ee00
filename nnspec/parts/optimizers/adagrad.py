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

from nnspec.extend import Optimizer, Piece
from nnspec.parts.optimizers._moments import Epsilon, root, spell_sign


class Adagrad(Optimizer):
    """For inputs that are rarely other than 0: their weights keep taking large steps."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("square",)
    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {"G": "G + g²", "w": "w - η g / (√G + ε)"}

    epsilon: Epsilon = 1e-10

    def update(self, piece: Piece, rate: float, step: int) -> None:
        square, move = piece.slots["square"], piece.gradient
        square += np.multiply(move, move, out=piece.scratch)
        move /= root(piece, 1, self.epsilon)
        move *= rate
        np.subtract(piece.weights, move, out=piece.weights)

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        return spell_sign(weight, gradient, rate, self.epsilon)
