"""nesterov: gradient descent with velocity, its gradient taken at the point looked ahead to.

    optimizer: {nesterov: 0.1}
    optimizer: {nesterov: {learning_rate: 0.1, momentum: 0.95}}

v <- μ v + g;  w <- w - η (g + μ v), with v already updated
(Y. Nesterov, A Method of Solving a Convex Programming Problem with Convergence Rate O(1/k²), 1983; in the form of
I. Sutskever and others, On the Importance of Initialization and Momentum in Deep Learning, 2013, written for the
points at which gradients are taken)

A `regularizer: {l2: ...}` is coupled: its gradient is part of g and so of v.
"""

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Piece, Update, factor_text, number_text
from nnspec.parts.optimizers._velocity import Velocity


class Nesterov(Velocity):
    """Momentum that brakes before the valley's other side rather than on it."""

    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {"v": "μ v + g", "w": "w - η (g + μ v)"}

    def bind(self, piece: Piece) -> Update:
        return self.moving(piece, ahead=True)

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        g = factor_text(gradient)
        return f"{number_text(weight)} - {number_text(rate)}·({g} + {self.momentum:g}·{g})"
