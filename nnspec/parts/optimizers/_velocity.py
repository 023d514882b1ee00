"""What momentum and nesterov share: a velocity that gathers gradients."""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Field, Optimizer, Piece, Update


class Velocity(Optimizer):
    """``v <- μ v + g``; subclasses say which step follows from it."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    momentum: Annotated[float, Field(ge=0, lt=1, description="μ, the part of the velocity that stays")] = 0.9

    def moving(self, piece: Piece, *, ahead: bool) -> Update:
        """What does ``v <- μ v + g`` and then ``w <- w - η v``, or ahead of that ``w <- w - η (g + μ v)``."""
        weights, gradient, velocity, move = piece.weights, piece.gradient, piece.slots["velocity"], piece.scratch
        stays = np.array(self.momentum, weights.dtype)

        def update(rate: float, _step: int) -> None:
            np.multiply(velocity, stays, velocity)
            np.add(velocity, gradient, velocity)
            if ahead:
                np.multiply(velocity, stays, move)
                np.add(move, gradient, move)
                np.multiply(move, rate, move)
            else:
                np.multiply(velocity, rate, move)
            np.subtract(weights, move, weights)

        return update
