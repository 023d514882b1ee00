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

from nnspec.extend import Field, NonNegativeFloat, Optimizer, Piece
from nnspec.parts.optimizers._moments import Stays, mix, shrink


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

    def update(self, piece: Piece, rate: float, step: int) -> None:
        mean, move = piece.slots["mean"], piece.scratch
        shrink(piece, rate, self.decay)
        np.subtract(piece.gradient, mean, out=move)
        move *= 1 - self.beta1
        move += mean
        np.sign(move, out=move)
        move *= rate
        np.subtract(piece.weights, move, out=piece.weights)
        mix(mean, piece.gradient, self.beta2, move)
