"""What adam and its kin share: running means of gradients and of their squares.

Each function here looks up arrays and numbers once, and returns what is to be called in every step.
"""

from collections.abc import Callable
from math import sqrt
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, Optimizer, Piece, PositiveFloat, Update, factor_text, number_text

Stays = Annotated[float, Field(ge=0, lt=1)]
Epsilon = Annotated[PositiveFloat, Field(description="ε, keeps the divisor from 0")]

# How often means that have faded are let go.
FADING_STEPS = 64


class Moments(Optimizer):
    """``m <- β1 m + (1 - β1) g``, ``v <- β2 v + (1 - β2) g²``; subclasses say which step follows from them."""

    primary: ClassVar[str | None] = "learning_rate"
    slots: ClassVar[tuple[str, ...]] = ("mean", "square")

    beta1: Annotated[Stays, Field(description="β1, the part of the mean gradient that stays")] = 0.9
    beta2: Annotated[Stays, Field(description="β2, the part of the mean square that stays")] = 0.999
    epsilon: Epsilon = 1e-8

    def gathering(self, piece: Piece) -> Callable[[int], None]:
        """What updates both means in a step, whose number it takes."""
        mean = piece.slots["mean"]
        mix = mixing(mean, piece.gradient, self.beta1, piece.scratch)
        mix_squares = mixing_squares(piece, self.beta2)
        let_go = letting_go(mean)

        def gather(step: int) -> None:
            mix()
            mix_squares()
            if step % FADING_STEPS == 0:
                let_go()

        return gather

    def adapting(self, piece: Piece) -> Update:
        """What does ``w <- w - η m̂ / (√v̂ + ε)`` with ``m̂ = m / (1 - β1^t)``, ``v̂ = v / (1 - β2^t)``."""
        weights, mean = piece.weights, piece.slots["mean"]
        root = rooting(piece, self.epsilon)
        (factor,) = numbers(weights, 0.0)

        def adapt(rate: float, step: int) -> None:
            correction = sqrt(1 - self.beta2**step)
            factor[()] = rate * correction / (1 - self.beta1**step)
            move = root(correction)
            np.divide(mean, move, move)
            np.multiply(move, factor, move)
            np.subtract(weights, move, weights)

        return adapt


def numbers(like: Array, *values: float) -> tuple[Array, ...]:
    """Numbers as arrays of a type: NumPy takes 0.3 microseconds for each of Python's that it meets."""
    return tuple(np.array(value, like.dtype) for value in values)


def mixing(mean: Array, values: Array, stays: float, scratch: Array) -> Callable[[], None]:
    """What does ``mean <- β mean + (1 - β) values``, in place. The values may lie in scratch memory."""
    old, new = numbers(mean, stays, 1 - stays)

    def mix() -> None:
        np.multiply(mean, old, mean)
        np.multiply(values, new, scratch)
        np.add(mean, scratch, mean)

    return mix


def mixing_squares(piece: Piece, stays: float) -> Callable[[], None]:
    """What does ``v <- β v + (1 - β) g²`` in the slot `square`."""
    gradient, scratch = piece.gradient, piece.scratch
    mix = mixing(piece.slots["square"], scratch, stays, scratch)

    def mix_squares() -> None:
        np.multiply(gradient, gradient, scratch)
        mix()

    return mix_squares


def letting_go(mean: Array) -> Callable[[], None]:
    """What makes numbers 0 that are next to nothing.

    Means of gradients that are 0 from some step on fade, and never get there: 0.9 times the smallest number there
    is rounds to itself. Below the smallest normal number processors take many times as long to divide, and each
    pixel that is seldom lit leaves such means behind.
    """
    kinds = np.finfo(mean.dtype)
    # What is added and taken away again leaves nothing of numbers that are less than its own rounding.
    (threshold,) = numbers(mean, float(kinds.smallest_normal / kinds.eps))

    def let_go() -> None:
        np.add(mean, threshold, mean)
        np.subtract(mean, threshold, mean)

    return let_go


def rooting(piece: Piece, epsilon: float) -> Callable[[float], Array]:
    """What returns ``√v + ε c`` of the slot `square`, in the piece's scratch memory, and takes c.

    Where c is √(1 - β2^t), that is c times ``√v̂ + ε`` with ``v̂ = v / (1 - β2^t)``: one pass less over the piece
    than to divide v first (D. Kingma and J. Ba, 2015, section 2). The factor of the step makes up for it.
    """
    square, scratch = piece.slots["square"], piece.scratch
    (least,) = numbers(square, 0.0)

    def root(correction: float) -> Array:
        least[()] = epsilon * correction
        np.sqrt(square, scratch)
        return np.add(scratch, least, scratch)

    return root


def spell_sign(weight: float, gradient: float, rate: float, epsilon: float) -> str:
    """The first step of methods whose running means, corrected, are then the gradient and its square."""
    g = factor_text(gradient)
    return f"{number_text(weight)} - {number_text(rate)}·{g} / (√({g}²) + {epsilon:g})"


def shrinking(piece: Piece, decay: float) -> Callable[[float], None]:
    """What does ``w <- w - η λ w``, for weights that decay: decoupled from the gradient and its running means."""
    if not (decay and piece.decays):
        return lambda _rate: None
    weights = piece.weights

    def shrink(rate: float) -> None:
        np.multiply(weights, 1 - rate * decay, weights)

    return shrink
