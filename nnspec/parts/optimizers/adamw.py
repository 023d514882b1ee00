"""adamw: adam with weight decay that is decoupled from the gradient.

    optimizer: {adamw: 0.001}
    optimizer: {adamw: {learning_rate: 0.001, decay: 0.05}}

m <- β1 m + (1 - β1) g;  v <- β2 v + (1 - β2) g²;  w <- w - η (m̂ / (√v̂ + ε) + λ w)
with m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t) at step t
(I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, 2019, algorithm 2; with λ scaled by the
learning rate, as PyTorch has it)

The decay λ is decoupled: it acts on the parameters that regularizers act on (weights, not biases) and is no part
of the cost. A `regularizer: {l2: ...}`, in contrast, is coupled: part of the cost, of g and so of m and v.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Field, NonNegativeFloat, Piece, Update
from nnspec.parts.optimizers._moments import Moments, shrinking


class AdamW(Moments):
    """Every weight shrinks at the same pace, however large its gradients."""

    formulas: ClassVar[Mapping[str, str]] = {
        "m": "β1 m + (1 - β1) g",
        "v": "β2 v + (1 - β2) g²",
        "w": "w - η (m̂ / (√v̂ + ε) + λ w) with m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t); no λ w for biases",
    }

    decay: Annotated[NonNegativeFloat, Field(description="λ, the share of a weight it loses, times η")] = 0.01

    def bind(self, piece: Piece) -> Update:
        gather, shrink, adapt = self.gathering(piece), shrinking(piece, self.decay), self.adapting(piece)

        def update(rate: float, step: int) -> None:
            gather(step)
            shrink(rate)
            adapt(rate, step)

        return update
