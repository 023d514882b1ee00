"""Shards: a training batch cut along its last axis, each piece run in a thread of its own.

Every shard has its own contexts, buffers, generators and gradient vector; the vectors are added in the order of
the shards. A shard's gradients start from its share of the batch, so that they add up to those of the batch mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from nnspec.engine.aligned import zeros_like
from nnspec.engine.crew import Crew
from nnspec.engine.lane import Footing, Lane
from nnspec.engine.meeting import Meeting, Seat
from nnspec.engine.plan import Node
from nnspec.engine.state import LayerStates
from nnspec.engine.threads import cores
from nnspec.types import Array

# A thread pays from about so many operations a step, forward and backward: every shard repeats the step's calls,
# and threads wait for one another and for the interpreter. Measured on two cores with kernels for AVX-512, where
# one shard and two take equally long at 350 to 430 million operations a step; with those for AVX2, at 80 to 170.
OPERATIONS_A_SHARD = 200_000_000
# Matrix products of fewer columns run far below a core's speed.
SAMPLES_A_SHARD = 8
# Beyond these, adding up the gradients costs what the threads give.
MOST_SHARDS = 16
# Numbers that are added at a time: they stay in a core's cache until all shards are in the sum.
PIECE = 32768


def choose(nodes: Sequence[Node], batch_size: int, available: int | None = None) -> int:
    """How many shards the steps of a training are worth.

    Args:
        nodes: The plan.
        batch_size: Samples in a step.
        available: Cores; by default those that this process may use.
    """
    # Two operations a multiply-add; the backward pass takes twice what the forward pass takes.
    operations = 6 * sum(node.declaration.multiplications for node in nodes) * batch_size
    worth = min(operations // OPERATIONS_A_SHARD, batch_size // SAMPLES_A_SHARD, MOST_SHARDS)
    return max(1, min(worth, available or cores()))


def cut(length: int, shards: int) -> list[slice]:
    """Stretches of a length: as equal as can be, longer ones first, none of them empty."""
    shards = max(1, min(shards, length))
    size, longer = divmod(length, shards)
    ends = [size * shard + min(shard, longer) for shard in range(shards + 1)]
    return [slice(start, stop) for start, stop in pairwise(ends)]


@dataclass(frozen=True)
class Shard:
    """One of the pieces that batches of one size are cut into.

    Attributes:
        lane: Its contexts.
        seat: Where it meets the others.
        samples: Which samples of a batch are its own.
        share: How many of the batch these are, from 0 to 1.
        sums: The stretch of the gradient that it adds up, in pieces: where the sum goes, and what is added.
    """

    lane: Lane
    seat: Seat
    samples: slice
    share: float
    sums: list[tuple[Array, list[Array]]]


class ShardedStep:
    """Forward and backward pass of a batch in shards, and the sum of their gradients."""

    def __init__(
        self, crew: Crew, gradient: Array, states: LayerStates, new_lane: Callable[[Footing], Lane]
    ) -> None:
        """Prepares gradient vectors and layer state.

        Args:
            crew: Runs the shards; a batch is cut into as many as it has room for.
            gradient: The flat vector that the sum goes to; the first shard's own.
            states: The layers' state; the first shard's own, others work on copies.
            new_lane: Makes lanes.
        """
        self._gradients = [gradient, *(zeros_like(gradient) for _ in range(1, crew.size))]
        self._states = [states, *(states.copy() for _ in range(1, crew.size))]
        self._new_lane = new_lane
        self._crew = crew
        self._cuts: dict[int, tuple[Meeting, list[Shard]]] = {}

    def run(self, x: Array, t: Array, scale: float = 1.0) -> float:
        """The cost of a batch; fills the gradient vector, or, multiplied by a scale, that of each shard.

        Raises:
            Exception: What a layer raised in any shard.
        """
        meeting, shards = self._cut(x.shape[-1])
        for states in self._states[1 : len(shards)]:
            states.follow(self._states[0])
        tasks = [partial(_pass, shard, x, t, scale) for shard in shards]
        try:
            return float(sum(self._crew.run(tasks, meeting.give_up)))
        except BaseException:
            # A meeting that was broken off is not held again.
            self._cuts.clear()
            raise

    def vectors(self, samples: int) -> list[Array]:
        """The gradient vectors of the shards of a batch of so many samples."""
        return self._gradients[: len(self._cut(samples)[1])]

    def lanes(self, samples: int) -> list[Lane]:
        """The lanes of a batch of so many samples."""
        return [shard.lane for shard in self._cut(samples)[1]]

    def all_lanes(self) -> list[Lane]:
        """The lanes of all sizes of batches met so far."""
        return [shard.lane for _, shards in self._cuts.values() for shard in shards]

    def _cut(self, samples: int) -> tuple[Meeting, list[Shard]]:
        found = self._cuts.get(samples)
        if found is None:
            places = cut(samples, len(self._gradients))
            meeting = Meeting(len(places))
            found = self._cuts[samples] = (meeting, self._shards(places, meeting, samples))
        return found

    def _shards(self, places: list[slice], meeting: Meeting, samples: int) -> list[Shard]:
        gradients = self._gradients[: len(places)]
        stretches = cut(len(gradients[0]), len(places))
        shards = []
        for index, place in enumerate(places):
            share = (place.stop - place.start) / samples
            lane = self._new_lane(
                Footing(
                    training=True,
                    gradient=gradients[index],
                    states=self._states[index],
                    samples=place.stop - place.start,
                    shard=index,
                    share=share,
                    seat=meeting.seats[index],
                )
            )
            sums = _pieces(gradients, stretches[index]) if index < len(stretches) else []
            shards.append(Shard(lane, meeting.seats[index], place, share, sums))
        return shards


def _pieces(gradients: list[Array], stretch: slice) -> list[tuple[Array, list[Array]]]:
    starts = range(stretch.start, stretch.stop, PIECE)
    pieces = [slice(start, min(start + PIECE, stretch.stop)) for start in starts]
    return [(gradients[0][piece], [gradient[piece] for gradient in gradients[1:]]) for piece in pieces]


def _pass(shard: Shard, x: Array, t: Array, scale: float) -> float:
    """A shard's part of the cost; fills its gradient vector, and its stretch of the sum, if it is asked for."""
    lane, targets = shard.lane, t[..., shard.samples]
    lane.forward(x[..., shard.samples])
    cost, dy = lane.judge(targets, shard.share * scale)
    lane.propagate_back(dy)
    if scale == 1:
        shard.seat.wait()
        for total, others in shard.sums:
            for other in others:
                np.add(total, other, out=total)
    return cost * shard.share
