"""Batches of a split: gathered, transformed, with targets in the shape of the outputs."""

from collections.abc import Iterator
from math import ceil

import numpy as np

from nnspec.contracts.loader import Split
from nnspec.engine.goal import Goal
from nnspec.engine.pipeline import Pipeline
from nnspec.types import Array, Random, Shape, size

# Small batches are gathered and transformed several at a time: the calls cost more than the work. So many bytes of
# inputs stay in a core's cache until the steps have used them.
GATHERED_BYTES = 2**18


class Batches:
    """The batches of one split, in its own order or in that of a generator.

    Attributes:
        split: The samples.
        size: Samples in a batch; the last of an epoch may have fewer.
        samples: Samples in an epoch.
        training: Whether the batches are for training steps, so that transforms may draw at random.
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
    ) -> None:
        self.split = split
        self.size = min(batch_size, len(split))
        self.samples = min(samples or len(split), len(split))
        self.training = training
        self._pipeline = pipeline
        self._inputs = split.inputs.reshape(len(split), -1)
        self._sample_shape = split.inputs.shape[1:]
        self._output = output
        self._targets = pipeline.goal.rows(split.targets, output, pipeline.dtype)
        self._labelled = self._targets.ndim == 1
        self._columns = np.eye(size(output) if self._labelled else 0, dtype=pipeline.dtype)
        width = self._inputs.shape[1] + size(output)
        fitting = GATHERED_BYTES // (width * pipeline.dtype.itemsize) // self.size
        self._gathered = self.size * max(1, min(fitting, len(self)))
        self._input_rows = np.empty((self._gathered, self._inputs.shape[1]), self._inputs.dtype)
        self._target_rows = np.empty((self._gathered, len(self._columns)), pipeline.dtype)

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
            random: The order is drawn at once, when the first batch is asked for.
            epoch: Which epoch it is; transforms draw by it.
            done: Batches at the start that are passed over; those behind them are what they would be anyway.
        """
        order = random.permutation(len(self.split))[: self.samples]
        skipped = done * self.size
        for start in range(skipped - skipped % self._gathered, self.samples, self._gathered):
            chosen = order[start : start + self._gathered]
            rows = self._input_rows[: len(chosen)]
            # mode="clip" writes straight to `out`; the default mode goes through a buffer.
            np.take(self._inputs, chosen, axis=0, out=rows, mode="clip")
            x, t = self._batch(rows, np.take(self._targets, chosen, axis=0), epoch, start // self._gathered)
            for first in range(max(0, skipped - start), len(chosen), self.size):
                yield x[..., first : first + self.size], t[..., first : first + self.size]

    def in_order(self, epoch: int = 1, done: int = 0) -> Iterator[tuple[Array, Array]]:
        """The split from first to last, the arguments as in `shuffled`; arrays are valid until the next batch."""
        for number in range(done, len(self)):
            start = number * self.size
            part = slice(start, min(start + self.size, self.samples))
            yield self._batch(self._inputs[part], self._targets[part], epoch, number)

    def _batch(self, rows: Array, targets: Array, epoch: int, number: int) -> tuple[Array, Array]:
        place = (epoch, number) if self.training else None
        samples = rows.reshape(len(rows), *self._sample_shape)
        x = self._pipeline.apply(samples, place)
        if self.goal.are_inputs:
            # What training adds at random is to be seen through: the goal is the sample without it.
            t = x if place is None else self._pipeline.apply(samples)
        else:
            if self._labelled:
                targets = np.take(self._columns, targets, axis=0, out=self._target_rows[: len(rows)], mode="clip")
            t = targets.T
        t = t.reshape(*self._output, len(rows))
        return x, t if place is None else self._pipeline.followed(t)
