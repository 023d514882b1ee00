"""check_optimizer: direction, rate, pieces and state of an optimizer."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.testing.contract import SINGLE, require, require_same, require_type
from nnspec.testing.material import numbers, stored
from nnspec.testing.parts import check_part, rebuilt
from nnspec.types import Array

COUNT = 37
STEPS = 6
RATE = 0.01


def check_optimizer(optimizer: Optimizer) -> None:
    """Checks an optimizer over a few steps.

    The first step goes against the gradient and is proportional to the rate it is handed; what is remembered
    lies in the slots alone, so that any cut into pieces and any interleaving of networks gives the same, and a
    checkpoint that holds weights and slots is all that another instance needs to go on; bound once, it does the
    same as bound anew in every step; parameters that are 0 and get no gradient (the gaps between parameters)
    stay 0; whether they decay makes no difference unless it says so, and where it says so, neither does whether
    the rate is in the gradient already; nothing outside the piece is touched; float32 comes close to float64. See
    also `check_part`.

    Args:
        optimizer: The optimizer.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(optimizer)
    start, gradients = numbers((COUNT,)), [numbers((COUNT,), step) for step in range(1, STEPS + 1)]
    _check_first_step(optimizer, start, gradients[0])
    if not optimizer.whole:
        _check_pieces(optimizer, start, gradients)
    _check_state(optimizer, start, gradients)
    _check_binding(optimizer, start, gradients)
    _check_checkpoint(optimizer, start, gradients)
    _check_gaps(optimizer)
    if not optimizer.heeds_decay:
        _check_decay(optimizer, start, gradients)
    if optimizer.proportional:
        _check_proportion(optimizer, start, gradients)
    single = _Run(optimizer, start, np.float32).steps(gradients)
    exact = _Run(optimizer, start).steps(gradients)
    hint = "Likely mistake: a difference of large numbers, or a constant that float32 cannot tell from 0."
    require_same(single, exact, optimizer, "float32 comes close to float64", hint, SINGLE)


class _Run:
    """One network's worth of vectors, with a margin that must not be touched."""

    def __init__(
        self,
        optimizer: Optimizer,
        start: Array,
        dtype: Any = np.float64,
        cuts: Sequence[int] = (),
        *,
        decays: bool = True,
        bound: bool = True,
    ):
        self.optimizer = optimizer
        self.margin = 3
        self.vectors = {name: self._vector(len(start), dtype) for name in ("weights", "gradient", "scratch")}
        self.slots = {name: self._vector(len(start), dtype, 0.0) for name in optimizer.slot_names()}
        self.inside(self.vectors["weights"])[...] = start
        pieces = [self._piece(slice(*pair), decays=decays) for pair in pairwise([0, *cuts, len(start)])]
        # As training has them: what the slots hold when a checkpoint is gone on with comes after that.
        self.updates = [optimizer.bind(piece) if bound else partial(optimizer.update, piece) for piece in pieces]
        self.step = 0

    def _vector(self, length: int, dtype: Any, value: float = 7.0) -> Array:
        vector = np.full(length + 2 * self.margin, 7.0, dtype)
        vector[self.margin : -self.margin] = value
        return vector

    def _piece(self, stretch: slice, *, decays: bool) -> Piece:
        weights, given, scratch = (
            self.inside(self.vectors[name])[stretch] for name in ("weights", "gradient", "scratch")
        )
        slots = {name: self.inside(vector)[stretch] for name, vector in self.slots.items()}
        return Piece(weights, given, slots, scratch, decays)

    def inside(self, vector: Array) -> Array:
        return vector[self.margin : -self.margin]

    def take(self, gradient: Array, rate: float = RATE) -> Array:
        """One step; the weights after it."""
        self.step += 1
        self.inside(self.vectors["gradient"])[...] = gradient
        # What scratch memory holds is whatever was left there.
        self.inside(self.vectors["scratch"])[...] = np.nan
        for update in self.updates:
            update(rate, self.step)
        self._check_margins()
        return self.inside(self.vectors["weights"]).copy()

    def steps(self, gradients: Sequence[Array]) -> Array:
        for gradient in gradients:
            weights = self.take(gradient)
        require_type(weights, self.vectors["weights"].dtype, self.optimizer, "the weights")
        return weights

    def _check_margins(self) -> None:
        for name, vector in {**self.vectors, **self.slots}.items():
            margins = np.concatenate([vector[: self.margin], vector[-self.margin :]])
            detail = f"`{name}` has other numbers beside the piece: {margins}."
            require(bool((margins == 7.0).all()), self.optimizer, "nothing outside the piece is written", detail)


def _check_first_step(optimizer: Optimizer, start: Array, gradient: Array) -> None:
    move = _Run(optimizer, start).take(gradient) - start
    along = float(np.dot(move, gradient))
    detail = f"move · gradient = {along:.6g}, expected below 0. Likely mistake: the sign."
    require(along < 0, optimizer, "a step goes against the gradient", detail)
    half = _Run(optimizer, start).take(gradient, RATE / 2) - start
    hint = "Likely mistake: `self.learning_rate` in place of the rate that is handed in, which schedules change."
    require_same(2 * half, move, optimizer, "the first step is proportional to the rate", hint, 1e-9)


def _check_proportion(optimizer: Optimizer, start: Array, gradients: Sequence[Array]) -> None:
    run = _Run(optimizer, start)
    for gradient in gradients:
        scaled = run.take(RATE * gradient, 1.0)
    hint = (
        "Likely mistake: `proportional`, where `update` does more with a gradient than multiply and subtract it."
    )
    rule = "an optimizer that says `proportional` takes the rate in the gradient"
    require_same(scaled, _Run(optimizer, start).steps(gradients), optimizer, rule, hint, 1e-9)


def _check_pieces(optimizer: Optimizer, start: Array, gradients: Sequence[Array]) -> None:
    whole = _Run(optimizer, start).steps(gradients)
    pieces = _Run(optimizer, start, cuts=(1, 8, 20)).steps(gradients)
    hint = "Likely mistake: a sum or norm over the piece; pieces are cut for the cache, anywhere."
    require_same(pieces, whole, optimizer, "each parameter is updated by itself, however pieces are cut", hint)


def _check_state(optimizer: Optimizer, start: Array, gradients: Sequence[Array]) -> None:
    alone = _Run(optimizer, start).steps(gradients)
    one, other = _Run(optimizer, start), _Run(optimizer, -start)
    for gradient in gradients:
        weights = one.take(gradient)
        other.take(3 * gradient)
    hint = "Likely mistake: something kept on the optimizer, or old scratch content that is read."
    require_same(weights, alone, optimizer, "what it remembers lies in its slots alone", hint)


def _check_binding(optimizer: Optimizer, start: Array, gradients: Sequence[Array]) -> None:
    once, anew = _Run(optimizer, start), _Run(optimizer, start, bound=False)
    for number, gradient in enumerate(gradients, 1):
        found, expected = (run.take(gradient, RATE / number) for run in (once, anew))
    hint = "Likely mistake: numbers of weights, slots, rate or step that are kept from one call to the next."
    rule = "an update that is bound once does what one does that is bound in every step"
    require_same(found, expected, optimizer, rule, hint, 0.0)


def _check_checkpoint(optimizer: Optimizer, start: Array, gradients: Sequence[Array]) -> None:
    whole, half = _Run(optimizer, start), len(gradients) // 2
    whole.steps(gradients[:half])
    saved = stored({"weights": whole.vectors["weights"], **whole.slots})
    resumed = _Run(rebuilt(optimizer), saved.pop("weights")[whole.margin : -whole.margin])
    resumed.step = half
    for name, vector in resumed.slots.items():
        vector[...] = saved[name]
    rule = "options, weights and slots are all that a checkpoint needs"
    hint = "Likely mistake: something kept on the optimizer; name it in `slots`."
    require_same(resumed.steps(gradients[half:]), whole.steps(gradients[half:]), optimizer, rule, hint, 0.0)


def _check_gaps(optimizer: Optimizer) -> None:
    zero = np.zeros(COUNT)
    weights = _Run(optimizer, zero).steps([zero] * STEPS)
    hint = "Likely mistake: a division by the size of the gradient without a small number added."
    require_same(weights, zero, optimizer, "parameters of 0 without a gradient stay 0", hint, 0.0)


def _check_decay(optimizer: Optimizer, start: Array, gradients: Sequence[Array]) -> None:
    decaying, spared = (_Run(optimizer, start, decays=decays).steps(gradients) for decays in (True, False))
    hint = "Likely mistake: `heeds_decay = False`, set or inherited, beside `piece.decays` in `update`."
    rule = "parameters that decay are updated like those that do not, as `heeds_decay` says"
    require_same(spared, decaying, optimizer, rule, hint, 0.0)
