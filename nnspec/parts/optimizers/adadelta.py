"""adadelta: steps in the parameters' own units, with no learning rate to tune.

    optimizer: adadelta
    optimizer: {adadelta: {rho: 0.9}}

v <- ρ v + (1 - ρ) g²;  d = g √(u + ε) / √(v + ε);  u <- ρ u + (1 - ρ) d²;  w <- w - η d, with η = 1
(M. Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, algorithm 1)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Field, Optimizer, Piece, PositiveFloat, factor_text, number_text
from nnspec.parts.optimizers._moments import Stays, gather_squares, mix


class Adadelta(Optimizer):
    """The size of a step follows from the sizes of the steps before it."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("square", "step")
    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {
        "v": "ρ v + (1 - ρ) g²",
        "d": "g √(u + ε) / √(v + ε)",
        "u": "ρ u + (1 - ρ) d²",
        "w": "w - η d",
    }

    learning_rate: Annotated[float, Field(gt=0, description="scales the step; the paper has none")] = 1.0
    rho: Annotated[Stays, Field(description="ρ, the part of the mean squares that stays")] = 0.95
    epsilon: Annotated[PositiveFloat, Field(description="ε, sets the size of the first steps")] = 1e-6

    def update(self, piece: Piece, rate: float, step: int) -> None:
        gather_squares(piece, self.rho)
        move, scratch, steps = piece.gradient, piece.scratch, piece.slots["step"]
        np.add(steps, self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        move *= scratch
        np.add(piece.slots["square"], self.epsilon, out=scratch)
        np.sqrt(scratch, out=scratch)
        move /= scratch
        np.multiply(move, rate, out=scratch)
        np.subtract(piece.weights, scratch, out=piece.weights)
        move *= move
        mix(steps, move, self.rho, scratch)

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        g, epsilon = factor_text(gradient), f"{self.epsilon:g}"
        ratio = f"√({epsilon}) / √({number_text(1 - self.rho)}·{g}² + {epsilon})"
        return f"{number_text(weight)} - {number_text(rate)}·{g}·{ratio}"
