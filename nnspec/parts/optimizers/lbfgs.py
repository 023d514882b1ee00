"""lbfgs: Newton's direction, with a curvature that is read off the last few steps; for small, whole data sets.

    optimizer: lbfgs
    optimizer: {lbfgs: {history: 5}}
    optimizer: {lbfgs: {learning_rate: 0.5, history: 20}}

w <- w - η d,  d = H g by the two-loop recursion over the last m pairs s = w - w', y = g - g' (primes: a step ago),
from H = (s·y / y·y) 1 of the newest pair, at first from d = g min(1, 1 / Σ|g|)
(J. Nocedal, Updating Quasi-Newton Matrices with Limited Storage, 1980; J. Nocedal and S. Wright, Numerical
Optimization, 2006, algorithm 7.4)

Pairs count where s·y > 1e-8 |s| |y|: the curvature must be positive, and y·y no underflow. Where the slope along s
has turned round, to more than 0.9 of what it was, the step was too long: it is taken back to where the slope
between would be 0, but by half at least. So no step needs the cost. When what is left of a step is lost in the
rounding of the weights, as at a kink, all pairs are forgotten, and the next step is as the first.

The gradient must be that of all samples in each step: `batch_size` at least as large as the training split, or
`accumulate` as many batches as make it up. Layers and transforms that draw at random mislead it. A `regularizer:
{l2: ...}` is coupled: part of g and so of the curvature.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field, Optimizer, Piece

LEAST_CURVATURE = 1e-8
TURNED = 0.9
SHORTEST, LONGEST = 0.1, 0.5
"""Which part of a step that was too long may be left of it."""


class Lbfgs(Optimizer):
    """Few, well-aimed steps; each remembered pair takes two vectors as long as the parameters."""

    primary: ClassVar[str | None] = "learning_rate"
    whole: ClassVar[bool] = True
    full_batch: ClassVar[bool] = True
    heeds_decay: ClassVar[bool] = False
    formulas: ClassVar[Mapping[str, str]] = {"w": "w - η d, with d = g min(1, 1 / Σ|g|) in the first step"}

    learning_rate: Annotated[float, Field(gt=0, description="η, 1 for Newton's own steps")] = 1.0
    history: Annotated[int, Field(ge=1, le=100, description="m, pairs that are remembered")] = 10

    def slot_names(self) -> tuple[str, ...]:
        pairs = [name for number in range(self.history) for name in (f"step{number}", f"change{number}")]
        return ("slope", "move", *pairs)

    def update(self, piece: Piece, rate: float, step: int) -> None:
        if step > 1 and not self._learn(piece, step):
            return
        np.copyto(piece.slots["slope"], piece.gradient)
        move = np.multiply(self._direction(piece, step), -rate, out=piece.slots["move"])
        np.add(piece.weights, move, out=piece.weights)

    def _learn(self, piece: Piece, step: int) -> bool:
        """Takes in what the last step has shown of the curvature.

        Returns:
            Whether that step holds; False where it was too long and has been shortened.
        """
        move, slope = piece.slots["move"], piece.slots["slope"]
        moved, changed = self._pair(piece, step)
        before, after = abs(_dot(slope, move)), _dot(piece.gradient, move)
        holds = after <= TURNED * before
        if holds:
            np.copyto(moved, move)
            np.subtract(piece.gradient, slope, out=changed)
        else:
            share = min(LONGEST, max(SHORTEST, before / (before + after)))
            np.subtract(piece.weights, np.multiply(move, 1 - share, out=piece.scratch), out=piece.weights)
            move *= share
        if not holds or not _teaches(moved, changed):
            moved.fill(0)
            changed.fill(0)
        if not holds and _is_lost(move, piece.weights):
            for number in range(self.history):
                for array in self._pair(piece, number):
                    array.fill(0)
            return True
        return holds

    def _direction(self, piece: Piece, step: int) -> Array:
        """``H g``, in the place of the gradient."""
        direction, scratch = piece.gradient, piece.scratch
        # A pair of zeros stands for a step that taught nothing.
        pairs = [self._pair(piece, number) for number in range(step, max(1, step - self.history), -1)]
        known = [(*pair, curvature) for pair in pairs if (curvature := _dot(*pair)) > 0]
        shares = []
        for moved, changed, curvature in known:
            share = _dot(moved, direction) / curvature
            shares.append(share)
            direction -= np.multiply(changed, share, out=scratch)
        direction *= _first_guess(known[0] if known else None, direction)
        for (moved, changed, curvature), share in zip(reversed(known), reversed(shares), strict=True):
            missing = share - _dot(changed, direction) / curvature
            direction += np.multiply(moved, missing, out=scratch)
        return direction

    def _pair(self, piece: Piece, step: int) -> tuple[Array, Array]:
        """Where the pair that became known in a step lies."""
        number = step % self.history
        return piece.slots[f"step{number}"], piece.slots[f"change{number}"]


def _teaches(moved: Array, changed: Array) -> bool:
    """Whether a pair shows a positive curvature, in numbers that are no underflow."""
    squares = _dot(changed, changed)
    least = LEAST_CURVATURE * sqrt(_dot(moved, moved) * squares)
    return squares >= float(np.finfo(changed.dtype).tiny) and _dot(moved, changed) > least


def _is_lost(move: Array, weights: Array) -> bool:
    """Whether a move vanishes in the rounding of what it is added to."""
    return _dot(move, move) <= float(np.finfo(weights.dtype).eps) ** 2 * _dot(weights, weights)


def _first_guess(newest: tuple[Array, Array, float] | None, gradient: Array) -> float:
    """H before the recursion, as a multiple of 1."""
    if newest is not None:
        _, changed, curvature = newest
        return curvature / _dot(changed, changed)
    total = float(np.linalg.norm(gradient, 1))
    return min(1.0, 1 / total) if total else 1.0


def _dot(x: Array, y: Array) -> float:
    return float(np.dot(x, y))
