"""rmsprop: steps scaled by a running mean of squared gradients.

    optimizer: {rmsprop: 0.001}
    optimizer: {rmsprop: {learning_rate: 0.001, rho: 0.99}}

v <- ρ v + (1 - ρ) g²;  w <- w - η g / (√v + ε)
(T. Tieleman and G. Hinton, Neural Networks for Machine Learning, 2012, lecture 6.5)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Field, Optimizer, Piece, Update, factor_text, number_text
from nnspec.parts.optimizers._moments import Epsilon, Stays, mixing_squares, rooting


class Rmsprop(Optimizer):
    """Adagrad that forgets; adam without the mean of gradients and without correction for its start."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("square",)
    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {"v": "ρ v + (1 - ρ) g²", "w": "w - η g / (√v + ε)"}

    rho: Annotated[Stays, Field(description="ρ, the part of the mean square that stays")] = 0.9
    epsilon: Epsilon = 1e-8

    def bind(self, piece: Piece) -> Update:
        weights, move = piece.weights, piece.gradient
        mix_squares, root = mixing_squares(piece, self.rho), rooting(piece, self.epsilon)

        def update(rate: float, _step: int) -> None:
            mix_squares()
            np.divide(move, root(1.0), move)
            np.multiply(move, rate, move)
            np.subtract(weights, move, weights)

        return update

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        g, divisor = factor_text(gradient), f"√({number_text(1 - self.rho)}·{factor_text(gradient)}²)"
        return f"{number_text(weight)} - {number_text(rate)}·{g} / ({divisor} + {self.epsilon:g})"
