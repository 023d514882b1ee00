"""Rows: samples that stay in files until they are asked for."""

import mmap
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.contracts.loader import SourceFile
from nnspec.errors import DataError
from nnspec.types import Array, DType, Shape, size

RESIDENT = 2**26
"""Bytes after which pages that were read are given back: memory does not grow with the data."""
SAMPLED, SAMPLES_HASHED = 2**16, 64
"""What is hashed of a file that is too large to be read before every run: so many stretches of so many bytes."""


@dataclass(frozen=True)
class Stretch:
    """Samples that lie one after another in a file, uncompressed.

    Attributes:
        path: The file.
        start: Where the first begins, in bytes.
        samples: How many there are.
        shape: Shape of one as it lies there; (1,) for a single number.
        dtype: Type of its numbers.
    """

    path: Path
    start: int
    samples: int
    shape: Shape
    dtype: DType

    def file(self) -> SourceFile:
        """Name and hash of the file: the hash is of its length and of samples spread evenly over it."""
        length = self.path.stat().st_size
        digest = sha256(f"{length}\n".encode())
        with self.path.open("rb") as file:
            for number in range(SAMPLES_HASHED):
                file.seek(max(0, length - SAMPLED) * number // (SAMPLES_HASHED - 1))
                digest.update(file.read(SAMPLED))
        return SourceFile(self.path.name, digest.hexdigest())


class Rows:
    """Samples of one or several files as one array along the first axis, read as they are asked for.

    Answers as an array does to ``len``, ``shape``, ``dtype`` and ``ndim``, and to ``rows[3]``, ``rows[10:20]`` and
    ``rows[[5, 1]]``, which are copies. Nobody can ask for all of it at once.

    Attributes:
        shape: (samples, *shape).
        dtype: Type of the numbers.
        stretches: Where the samples lie.
        lengths: How many each stretch has.
    """

    def __init__(self, stretches: Sequence[Stretch], *, channels_last: bool = False) -> None:
        """Opens the files.

        Args:
            stretches: The samples of each file; alike in shape and type.
            channels_last: Whether samples lie with their channels last, to be handed out with channels first.

        Raises:
            DataError: A file cannot be opened.
        """
        lying = stretches[0].shape
        handed = (lying[-1], *lying[:-1]) if channels_last else lying
        self.stretches = tuple(stretches)
        self.lengths = [stretch.samples for stretch in stretches]
        self.shape: Shape = (sum(self.lengths), *handed)
        self.dtype = stretches[0].dtype
        self._ends = list(accumulate(self.lengths))
        self._channels_last = channels_last
        self._files = [_Mapped(stretch) for stretch in stretches]
        self._touched = 0

    @property
    def ndim(self) -> int:
        """Axes, that of the samples included."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: int | slice | Sequence[int] | Array) -> Array:
        if isinstance(key, slice):
            return self._taken(range(*key.indices(len(self))))
        if isinstance(key, int | np.integer):
            row: Array = self._taken([range(len(self))[key]])[0]
            return row
        chosen = np.asarray(key)
        return self._taken(np.flatnonzero(chosen) if chosen.dtype == bool else chosen % len(self))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        raise DataError(
            f"{len(self):,} samples stay in their files and are never in memory together: ask for some, as [:1000]"
        )

    def part(self, start: int, stop: int) -> "Rows":
        """Those from one place to another, which stay in their files too."""
        parts, begin = [], 0
        for stretch in self.stretches:
            first, last = max(start - begin, 0), min(stop - begin, stretch.samples)
            if last > first:
                skipped = first * size(stretch.shape) * stretch.dtype.itemsize
                parts.append(replace(stretch, start=stretch.start + skipped, samples=last - first))
            begin += stretch.samples
        return Rows(parts, channels_last=self._channels_last)

    def take(self, chosen: Sequence[int] | Array, out: Array) -> None:
        """Reads samples, by their places, into an array (samples, numbers in one)."""
        rows = out.reshape(len(out), *self.shape[1:])
        # Seen as the samples lie in the file, whichever way they are handed out.
        lying = np.moveaxis(rows, 1, -1) if self._channels_last else rows
        for row, place in zip(lying, chosen, strict=True):
            file = bisect_right(self._ends, place)
            # Counted from the end of its file, which is where the ends are.
            row[...] = self._files[file].samples[place - self._ends[file]]
        self._give_back(out.nbytes)

    def expect(self, start: int, stop: int) -> None:
        """Says that these samples are wanted soon, so that the system reads them in one go."""
        for mapped, end in zip(self._files, self._ends, strict=True):
            begin = end - len(mapped.samples)
            mapped.expect(max(start, begin) - begin, min(stop, end) - begin)

    def _taken(self, chosen: Sequence[int] | Array) -> Array:
        out = np.empty((len(chosen), size(self.shape[1:])), self.dtype)
        self.take(chosen, out)
        return out.reshape(-1, *self.shape[1:])

    def _give_back(self, count: int) -> None:
        self._touched += count
        if self._touched >= RESIDENT:
            self._touched = 0
            for file in self._files:
                file.give_back()


class _Mapped:
    """A file's samples, mapped."""

    def __init__(self, stretch: Stretch) -> None:
        count = stretch.samples * size(stretch.shape)
        try:
            with stretch.path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise DataError(f"cannot be mapped into memory: {error}", stretch.path) from error
        self._start = stretch.start
        flat = np.frombuffer(self._map, stretch.dtype, count, stretch.start)
        self.samples = flat.reshape(stretch.samples, *stretch.shape)

    def expect(self, start: int, stop: int) -> None:
        if stop > start and hasattr(mmap, "MADV_WILLNEED"):
            width = self.samples.itemsize * size(self.samples.shape[1:])
            first = (self._start + start * width) // mmap.PAGESIZE * mmap.PAGESIZE
            self._map.madvise(mmap.MADV_WILLNEED, first, self._start + stop * width - first)

    def give_back(self) -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)
