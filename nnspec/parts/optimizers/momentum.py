"""momentum: gradient descent with velocity.

    optimizer: {momentum: {learning_rate: 0.1, momentum: 0.9}}
    optimizer: {momentum: {learning_rate: 0.1, nesterov: true}}      # the same as `nesterov: 0.1`

v <- μ v + g;  w <- w - η v.  Nesterov's: w <- w - η (g + μ v), with v already updated.
(I. Sutskever and others, On the Importance of Initialization and Momentum in Deep Learning, 2013; in the form in
which the learning rate scales the velocity, as PyTorch and ONNX have it)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g and so of v.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Field, Piece, Update, factor_text, number_text
from nnspec.parts.optimizers._velocity import Velocity


class Momentum(Velocity):
    """Keeps going where gradients agree, evens out where they do not."""

    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {
        "v": "μ v + g",
        "w": "w - η v, or w - η (g + μ v) with `nesterov`",
    }

    nesterov: Annotated[bool, Field(description="look ahead along the velocity")] = False

    def bind(self, piece: Piece) -> Update:
        return self.moving(piece, ahead=self.nesterov)

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        # The velocity is 0 before the first step, and the gradient itself after it.
        g = factor_text(gradient)
        move = f"({g} + {self.momentum:g}·{g})" if self.nesterov else g
        return f"{number_text(weight)} - {number_text(rate)}·{move}"
