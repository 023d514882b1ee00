"""sgd: stochastic gradient descent, a step against the gradient.

    optimizer: {sgd: 3.0}
    optimizer: {sgd: {learning_rate: 3.0}}

w <- w - η g, with learning rate η

A `regularizer: {l2: ...}` is coupled, part of g; without running means that is the same as decoupled decay.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Optimizer, Piece, Update, factor_text, number_text


class Sgd(Optimizer):
    """The plain method; remembers nothing."""

    primary: ClassVar[str | None] = "learning_rate"
    heeds_decay: ClassVar[bool] = False
    proportional: ClassVar[bool] = True
    formulas: ClassVar[Mapping[str, str]] = {"w": "w - η g"}

    def bind(self, piece: Piece) -> Update:
        weights, gradient = piece.weights, piece.gradient

        def update(rate: float, _step: int) -> None:
            # A rate of 1 spares one of two passes: so it comes where the gradient has been multiplied already.
            if rate != 1:
                np.multiply(gradient, rate, gradient)
            np.subtract(weights, gradient, weights)

        return update

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        return f"{number_text(weight)} - {number_text(rate)}·{factor_text(gradient)}"
