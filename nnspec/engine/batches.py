"""Batches of a split: gathered, transformed, with targets in the shape of the outputs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import ceil

import numpy as np

from nnspec.contracts.loader import Split
from nnspec.contracts.rows import Rows
from nnspec.engine.ahead import ahead
from nnspec.engine.aligned import zeros
from nnspec.engine.goal import Goal
from nnspec.engine.order import shuffled
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.threads import cores
from nnspec.types import Array, Random, Shape, size

# Small batches are gathered and transformed several at a time: the calls cost more than the work. So many bytes of
# inputs stay in the caches until the steps have used them; with a quarter of them a step of 784-50-10 takes longer
# by a tenth. What transforms draw for a sample depends on them, too.
GATHERED_BYTES = 2**20


@dataclass(frozen=True)
class Portion:
    """Samples that are made ready together.

    Attributes:
        number: Which one of the epoch it is, counted from 0.
        chosen: Where its samples stand in the split.
    """

    number: int
    chosen: Array | slice


class Batches:
    """The batches of one split, in its own order or in that of a generator.

    Attributes:
        split: The samples.
        size: Samples in a batch; the last of an epoch may have fewer.
        samples: Samples in an epoch.
        training: Whether the batches are for training steps, so that transforms may draw at random.
        prefetch: Whether a thread makes ready what comes next. Where it is None, one does for samples that stay in
            files, and behind transforms that draw at random.
    """

    def __init__(
        self,
        split: Split,
        pipeline: Pipeline,
        output: Shape,
        batch_size: int,
        samples: int | None = None,
        *,
        training: bool = False,
        prefetch: bool | None = None,
    ) -> None:
        self.split = split
        self.size = min(batch_size, len(split))
        self.samples = min(samples or len(split), len(split))
        self.training = training
        self.prefetch = prefetch
        self._pipeline = pipeline
        self._sample_shape = split.inputs.shape[1:]
        self._numbers = size(self._sample_shape)
        self._stored: Rows | Array = split.inputs
        if not isinstance(self._stored, Rows):
            self._stored = self._stored.reshape(len(split), -1)
        self._output = output
        self._targets = pipeline.goal.rows(split.targets, output, pipeline.dtype)
        self._labelled = self._targets.ndim == 1
        self._columns = np.eye(size(output) if self._labelled else 0, dtype=pipeline.dtype)
        fitting = GATHERED_BYTES // ((self._numbers + size(output)) * pipeline.dtype.itemsize) // self.size
        self._gathered = self.size * max(1, min(fitting, len(self)))
        # One set of buffers a slot, made when it is used: a single one where nothing is made ready ahead.
        self._rows: dict[int, tuple[Array, Array]] = {}

    @property
    def goal(self) -> Goal:
        """What outputs are held against."""
        return self._pipeline.goal

    def __len__(self) -> int:
        """Batches in an epoch."""
        return ceil(self.samples / self.size)

    def shuffled(self, random: Random, epoch: int = 1, done: int = 0) -> Iterator[tuple[Array, Array]]:
        """An epoch in an order drawn from a generator; each array is valid until the next batch.

        Args:
            random: The order is drawn when the first batch is asked for.
            epoch: Which epoch it is; transforms draw by it.
            done: Batches at the start that are passed over; those behind them are what they would be anyway.
        """
        order = shuffled(self.split.inputs, random, self.samples, self._gathered)
        portions = (Portion(number, chosen) for number, chosen in enumerate(order))
        first, offset = divmod(done * self.size, self._gathered)
        for x, t in self._ready(islice(portions, first, None), epoch):
            whole = self._batchwise(t)
            for number in range(offset // self.size, len(whole)):
                yield x[..., number * self.size : (number + 1) * self.size], whole[number]
            rest = len(whole) * self.size
            if rest < x.shape[-1]:
                yield x[..., rest:], t[..., rest:]
            offset = 0

    def in_order(self, epoch: int = 1, done: int = 0) -> Iterator[tuple[Array, Array]]:
        """The split from first to last, the arguments as in `shuffled`; arrays are valid until the next batch."""
        starts = range(done * self.size, self.samples, self.size)
        stretches = (slice(start, min(start + self.size, self.samples)) for start in starts)
        yield from self._ready((Portion(number, part) for number, part in enumerate(stretches, done)), epoch)

    @cached_property
    def _whole(self) -> Array:
        return zeros((self._gathered // self.size, *self._output, self.size), self._pipeline.dtype)

    def _batchwise(self, t: Array) -> Array:
        """The targets of the whole batches of a portion, (batches, *output, size).

        Those of a batch then lie as outputs do, and a cost takes a third of the time for a difference from them.
        """
        samples = t.shape[-1] // self.size * self.size
        batches = t[..., :samples].reshape(*self._output, -1, self.size)
        whole = self._whole[: batches.shape[-2]]
        whole[...] = batches.transpose(-2, *range(len(self._output)), -1)
        return whole

    def _ready(self, portions: Iterator[Portion], epoch: int) -> Iterator[tuple[Array, Array]]:
        """The portions, gathered and transformed, one ahead where that is worth a thread."""

        def prepare(portion: Portion, slot: int) -> tuple[Array, Array]:
            return self._prepared(portion, epoch, slot)

        # Whether transforms draw shows when they are first applied.
        for portion in islice(portions, 1):
            yield prepare(portion, 0)
        if self._works_ahead():
            yield from ahead(prepare, portions)
        else:
            for portion in portions:
                yield prepare(portion, 0)

    def _works_ahead(self) -> bool:
        if self.prefetch is not None:
            return self.prefetch
        return (isinstance(self._stored, Rows) or self._pipeline.draws) and cores() > 1

    def _prepared(self, portion: Portion, epoch: int, slot: int) -> tuple[Array, Array]:
        targets = self._targets[portion.chosen]
        rows, target_rows = (buffer[: len(targets)] for buffer in self._buffers(slot))
        samples = self._inputs(portion.chosen, rows).reshape(len(targets), *self._sample_shape)
        place = (epoch, portion.number) if self.training else None
        x = self._pipeline.apply(samples, place, slot)
        if self.goal.are_inputs:
            # What training adds at random is to be seen through: the goal is the sample without it.
            t = x if place is None else self._pipeline.apply(samples, None, slot)
        else:
            if self._labelled:
                targets = np.take(self._columns, targets, axis=0, out=target_rows, mode="clip")
            t = targets.T
        t = t.reshape(*self._output, len(samples))
        return x, t if place is None else self._pipeline.followed(t, slot)

    def _inputs(self, chosen: Array | slice, out: Array) -> Array:
        """The samples at these places, each as a row; in ``out``, or where they lie."""
        if isinstance(self._stored, Rows):
            places = range(chosen.start, chosen.stop) if isinstance(chosen, slice) else chosen
            self._stored.take(places, out)
            return out
        if isinstance(chosen, slice):
            return self._stored[chosen]
        # mode="clip" writes straight to `out`; the default mode goes through a buffer.
        return np.take(self._stored, chosen, axis=0, out=out, mode="clip")

    def _buffers(self, slot: int) -> tuple[Array, Array]:
        found = self._rows.get(slot)
        if found is None:
            found = self._rows[slot] = (
                zeros((self._gathered, self._numbers), self.split.inputs.dtype),
                zeros((self._gathered, len(self._columns)), self._pipeline.dtype),
            )
        return found
