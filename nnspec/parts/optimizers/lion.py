"""lion: every parameter moves by the same amount; only the direction is learned.

    optimizer: {lion: 0.0001}
    optimizer: {lion: {learning_rate: 0.0001, decay: 1.0}}

w <- w - η (sign(β1 m + (1 - β1) g) + λ w);  m <- β2 m + (1 - β2) g
(X. Chen and others, Symbolic Discovery of Optimization Algorithms, 2023, algorithm 2)

The decay λ is decoupled: it acts on the parameters that regularizers act on (weights, not biases) and is no part
of the cost. A `regularizer: {l2: ...}` is coupled: its gradient is part of g. Rates are 3 to 10 times smaller
than adam's, decays as much larger.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Field, NonNegativeFloat, Optimizer, Piece, Update
from nnspec.parts.optimizers._moments import Stays, mixing, numbers, shrinking


class Lion(Optimizer):
    """Evolved sign momentum; one slot where adam has two."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("mean",)
    formulas: ClassVar[Mapping[str, str]] = {
        "w": "w - η (sign(β1 m + (1 - β1) g) + λ w); no λ w for biases",
        "m": "β2 m + (1 - β2) g",
    }

    beta1: Annotated[Stays, Field(description="β1, the mean's part in the direction")] = 0.9
    beta2: Annotated[Stays, Field(description="β2, the part of the mean gradient that stays")] = 0.99
    decay: Annotated[NonNegativeFloat, Field(description="λ, the share of a weight it loses, times η")] = 0.0

    def bind(self, piece: Piece) -> Update:
        weights, gradient, mean, move = piece.weights, piece.gradient, piece.slots["mean"], piece.scratch
        shrink, mix = shrinking(piece, self.decay), mixing(mean, gradient, self.beta2, move)
        (new,) = numbers(weights, 1 - self.beta1)

        def update(rate: float, _step: int) -> None:
            shrink(rate)
            np.subtract(gradient, mean, move)
            np.multiply(move, new, move)
            np.add(move, mean, move)
            np.sign(move, move)
            np.multiply(move, rate, move)
            np.subtract(weights, move, weights)
            mix()

        return update
