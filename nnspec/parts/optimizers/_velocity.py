"""What momentum and nesterov share: a velocity that gathers gradients."""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Field, Optimizer, Piece


class Velocity(Optimizer):
    """``v <- μ v + g``; subclasses say which step follows from it."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: Annotated[float, Field(ge=0, lt=1, description="μ, the part of the velocity that stays")] = 0.9

    def gather(self, piece: Piece) -> None:
        """Updates the velocity."""
        velocity = piece.slots["velocity"]
        velocity *= self.momentum
        velocity += piece.gradient

    def follow(self, piece: Piece, rate: float) -> None:
        """``w <- w - η v``."""
        np.multiply(piece.slots["velocity"], rate, out=piece.scratch)
        np.subtract(piece.weights, piece.scratch, out=piece.weights)

    def look_ahead(self, piece: Piece, rate: float) -> None:
        """``w <- w - η (g + μ v)``."""
        move = np.multiply(piece.slots["velocity"], self.momentum, out=piece.scratch)
        move += piece.gradient
        move *= rate
        np.subtract(piece.weights, move, out=piece.weights)
