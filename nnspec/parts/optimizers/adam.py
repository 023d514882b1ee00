"""adam: steps of much the same size for every parameter, from running means of gradients and their squares.

    optimizer: {adam: 0.001}
    optimizer: {adam: {learning_rate: 0.001, beta2: 0.99}}

m <- β1 m + (1 - β1) g;  v <- β2 v + (1 - β2) g²;  w <- w - η m̂ / (√v̂ + ε)
with m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t) at step t
(D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g and scaled like it. For decay that is decoupled
from the gradient, see adamw.
"""

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Piece, Update
from nnspec.parts.optimizers._moments import Moments, spell_sign


class Adam(Moments):
    """Adaptive moments; works with little tuning."""

    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {
        "m": "β1 m + (1 - β1) g",
        "v": "β2 v + (1 - β2) g²",
        "w": "w - η m̂ / (√v̂ + ε) with m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t)",
    }

    def bind(self, piece: Piece) -> Update:
        gather, adapt = self.gathering(piece), self.adapting(piece)

        def update(rate: float, step: int) -> None:
            gather(step)
            adapt(rate, step)

        return update

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        return spell_sign(weight, gradient, rate, self.epsilon)
