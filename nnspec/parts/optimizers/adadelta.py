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

from nnspec.extend import Field, Optimizer, Piece, PositiveFloat, Update, factor_text, number_text
from nnspec.parts.optimizers._moments import Stays, mixing, mixing_squares, numbers


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

    def bind(self, piece: Piece) -> Update:
        weights, move, scratch = piece.weights, piece.gradient, piece.scratch
        square, steps = piece.slots["square"], piece.slots["step"]
        mix_squares, mix_steps = mixing_squares(piece, self.rho), mixing(steps, move, self.rho, scratch)
        (epsilon,) = numbers(weights, self.epsilon)

        def update(rate: float, _step: int) -> None:
            mix_squares()
            np.add(steps, epsilon, scratch)
            np.sqrt(scratch, scratch)
            np.multiply(move, scratch, move)
            np.add(square, epsilon, scratch)
            np.sqrt(scratch, scratch)
            np.divide(move, scratch, move)
            np.multiply(move, rate, scratch)
            np.subtract(weights, scratch, weights)
            np.multiply(move, move, move)
            mix_steps()

        return update

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        g, epsilon = factor_text(gradient), f"{self.epsilon:g}"
        ratio = f"√({epsilon}) / √({number_text(1 - self.rho)}·{g}² + {epsilon})"
        return f"{number_text(weight)} - {number_text(rate)}·{g}·{ratio}"
