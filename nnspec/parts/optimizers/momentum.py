"""momentum: gradient descent with velocity.

    optimizer: {momentum: {learning_rate: 0.1, momentum: 0.9}}
    optimizer: {momentum: {learning_rate: 0.1, nesterov: true}}

v <- μ v + g;  w <- w - η v.  Nesterov's: w <- w - η (g + μ v), with v already updated.
(I. Sutskever and others, On the Importance of Initialization and Momentum in Deep Learning, 2013; in the form in
which the learning rate scales the velocity, as PyTorch and ONNX have it)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Field, Optimizer, Piece, factor_text, number_text


class Momentum(Optimizer):
    """Keeps going where gradients agree, evens out where they do not."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    formulas: ClassVar[Mapping[str, str]] = {
        "v": "μ v + g",
        "w": "w - η v, or w - η (g + μ v) with `nesterov`",
    }

    momentum: Annotated[float, Field(ge=0, lt=1, description="μ, the part of the velocity that stays")] = 0.9
    nesterov: Annotated[bool, Field(description="look ahead along the velocity")] = False

    def update(self, piece: Piece, rate: float, step: int) -> None:
        velocity = piece.slots["velocity"]
        velocity *= self.momentum
        velocity += piece.gradient
        move = piece.scratch
        if self.nesterov:
            np.multiply(velocity, self.momentum, out=move)
            move += piece.gradient
            move *= rate
        else:
            np.multiply(velocity, rate, out=move)
        np.subtract(piece.weights, move, out=piece.weights)

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        # The velocity is 0 before the first step, and the gradient itself after it.
        g = factor_text(gradient)
        move = f"({g} + {self.momentum:g}·{g})" if self.nesterov else g
        return f"{number_text(weight)} - {number_text(rate)}·{move}"
