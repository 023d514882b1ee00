"""What adam and its kin share: running means of gradients and of their squares."""

from math import sqrt
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, Optimizer, Piece, PositiveFloat, factor_text, number_text

Stays = Annotated[float, Field(ge=0, lt=1)]
Epsilon = Annotated[PositiveFloat, Field(description="ε, keeps the divisor from 0")]


class Moments(Optimizer):
    """``m <- β1 m + (1 - β1) g``, ``v <- β2 v + (1 - β2) g²``; subclasses say which step follows from them."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("mean", "square")

    beta1: Annotated[Stays, Field(description="β1, the part of the mean gradient that stays")] = 0.9
    beta2: Annotated[Stays, Field(description="β2, the part of the mean square that stays")] = 0.999
    epsilon: Epsilon = 1e-8

    def gather(self, piece: Piece) -> None:
        """Updates both means."""
        mix(piece.slots["mean"], piece.gradient, self.beta1, piece.scratch)
        gather_squares(piece, self.beta2)

    def spread(self, piece: Piece, step: int) -> Array:
        """``√v̂ + ε`` with ``v̂ = v / (1 - β2^t)``, in the piece's scratch memory."""
        return root(piece, 1 / sqrt(1 - self.beta2**step), self.epsilon)

    def adapt(self, piece: Piece, rate: float, step: int) -> None:
        """``w <- w - η m̂ / (√v̂ + ε)`` with ``m̂ = m / (1 - β1^t)``."""
        # √v / √(1 - β2^t) + ε, times √(1 - β2^t): one pass over the piece less, as the paper's section 2 has it.
        correction = sqrt(1 - self.beta2**step)
        move = root(piece, 1, self.epsilon * correction)
        np.divide(piece.slots["mean"], move, out=move)
        move *= rate * correction / (1 - self.beta1**step)
        np.subtract(piece.weights, move, out=piece.weights)


def mix(mean: Array, values: Array, stays: float, scratch: Array) -> None:
    """``mean <- β mean + (1 - β) values``, in place."""
    mean *= stays
    np.multiply(values, 1 - stays, out=scratch)
    mean += scratch


def gather_squares(piece: Piece, stays: float) -> None:
    """``v <- β v + (1 - β) g²`` in the slot `square`."""
    square, scratch = piece.slots["square"], piece.scratch
    np.multiply(piece.gradient, piece.gradient, out=scratch)
    scratch *= 1 - stays
    square *= stays
    square += scratch


def root(piece: Piece, factor: float, epsilon: float) -> Array:
    """``√v · factor + ε`` of the slot `square`, in the piece's scratch memory."""
    scratch = np.sqrt(piece.slots["square"], out=piece.scratch)
    if factor != 1:
        scratch *= factor
    scratch += epsilon
    return scratch


def spell_sign(weight: float, gradient: float, rate: float, epsilon: float) -> str:
    """The first step of methods whose running means, corrected, are then the gradient and its square."""
    g = factor_text(gradient)
    return f"{number_text(weight)} - {number_text(rate)}·{g} / (√({g}²) + {epsilon:g})"


def shrink(piece: Piece, rate: float, decay: float) -> None:
    """``w <- w - η λ w``, for weights that decay: decoupled from the gradient and its running means."""
    if decay and piece.decays:
        np.multiply(piece.weights, 1 - rate * decay, out=piece.weights)
