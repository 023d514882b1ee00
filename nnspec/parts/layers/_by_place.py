"""Filters over an image by many small matrix products, one for each place that the filters come to.

The rows of the image that one row of windows sees lie in a buffer (W, rows, C, N). All cells of a window follow
one another in it, (kw, rows, C): as it lies it is the matrix (kw rows C, N) of each window, and windows overlap
without having been copied. From one row of windows to the next only those rows are copied that come into sight.
Row r lies at r modulo the number of rows, and the rows of the filters are turned to match. Rows beyond the image
are neither stored nor multiplied, columns beyond it are zeros.

So every number of the image is copied once, not kh kw times. Windows that overlap in memory are the idea of M. Cho
and D. Brand, MEC: Memory-efficient Convolution for Deep Neural Network, 2017; here the batch is last.
"""

from collections.abc import Generator, Iterator
from functools import partial

import numpy as np

from nnspec.extend import Array, Context, size
from nnspec.parts.layers._axis import Axis
from nnspec.parts.layers._prepared import Call

SMALL = 1_000_000
"""Up to so many multiplications OpenBLAS takes matrices as they lie; larger ones it copies first, in pieces."""
SIDE_BY_SIDE = 32
"""Samples in a product are a multiple of so many where possible: two registers of AVX-512, no left-overs."""
FEWEST, MOST = 16, 128
"""Samples in a product: with fewer the calls take longer than the numbers, more leave the cache."""
A_CALL = 50_000
"""Numbers in a row of windows that are worth a call of NumPy: fewer are multiplied many rows at a time."""


def small_by_place(filters: Array, windows: int, batch: int) -> bool:
    """Whether products stay small, yet not too small.

    Args:
        filters: (O, C, kh, kw).
        windows: How many there are in a row.
        batch: Samples.
    """
    small = batch >= FEWEST and filters.size * SIDE_BY_SIDE <= SMALL
    return small and filters[0].size * windows * batch >= A_CALL


def correlate_by_place(
    image: Array, filters: Array, along: tuple[Axis, Axis], out: Array, ctx: Context, name: str
) -> Iterator[Call]:
    """Each window times each filter.

    Args:
        image: (C, H, W, N).
        filters: (O, C, kh, kw).
        along: Windows along height and width, without dilation.
        out: (O, H', W', N), overwritten.
        ctx: Buffers.
        name: What buffers' names begin with.
    """
    rows, columns = along
    turned, batch = _Turned(filters, ctx, name), image.shape[-1]
    yield turned.whole
    samples = min(batch, MOST, SMALL // filters.size // SIDE_BY_SIDE * SIDE_BY_SIDE)
    memory = ctx.buffer(f"{name} rows", (columns.covered * rows.kernel * len(image) * samples,))
    for start in range(0, batch, samples):
        piece = slice(start, start + samples)
        sight = _Sight(image[..., piece], columns, memory)
        places = out[..., piece].transpose(1, 2, 0, 3)
        for row in range(rows.windows):
            seen, tap = rows.beneath(range(row, row + 1))
            weights = yield from turned.rows(tap, seen)
            windows = yield from sight.over(seen)
            yield partial(np.matmul, weights, windows, places[row])


class _Sight:
    """The rows of an image that one row of windows sees, zeros beside them."""

    def __init__(self, image: Array, columns: Axis, memory: Array) -> None:
        self._image = image.transpose(1, 2, 0, 3)
        self._columns = columns
        self._inside = slice(max(columns.before, 0), max(columns.before, 0) + columns.length)
        self._memory = memory
        self._rows = range(0)
        self._made: dict[int, tuple[Array, Array]] = {}

    def over(self, rows: range) -> Generator[Call, None, Array]:
        """What brings these rows into sight; the windows over them, (W', kw rows C, N), until the next come."""
        height = len(rows)
        if height not in self._made:
            self._made[height] = self._make(height)
        buffer, windows = self._made[height]
        if height == len(self._rows):
            new = range(max(rows.start, self._rows.stop), rows.stop)
        else:
            new = rows
            yield partial(buffer[: self._inside.start].fill, 0)
            yield partial(buffer[self._inside.stop :].fill, 0)
        for row in new:
            yield partial(np.copyto, buffer[self._inside, row % height], self._image[row])
        self._rows = rows
        return windows

    def _make(self, height: int) -> tuple[Array, Array]:
        """The buffer for so many rows, and its windows, which overlap."""
        columns = self._columns
        shape = (columns.covered, height, *self._image.shape[2:])
        buffer = self._memory[: size(shape)].reshape(shape)
        cell, _, line, number = buffer.strides
        windows = np.ndarray(
            (columns.windows, columns.kernel * height * shape[2], shape[3]),
            buffer.dtype,
            buffer,
            max(-columns.before, 0) * cell if height else 0,
            (columns.stride * cell, line, number),
        )
        return buffer, windows


class _Turned:
    """Filters as matrices over the rows of the buffer, made when they are first asked for.

    Attributes:
        whole: The call that makes what the others are made of.
    """

    def __init__(self, filters: Array, ctx: Context, name: str) -> None:
        outputs, channels, height, width = filters.shape
        self._ctx, self._name = ctx, f"{name} filters"
        self._whole = ctx.buffer(self._name, (outputs, width, height, channels))
        self.whole = partial(np.copyto, self._whole, filters.transpose(0, 3, 2, 1))
        self._made: dict[tuple[int, int, int], Array] = {(0, height, 0): self._whole.reshape(outputs, -1)}

    def rows(self, tap: int, rows: range) -> Generator[Call, None, Array]:
        """What makes rows of the filters from this tap on, where these rows of an image lie; (O, kw rows C)."""
        height = len(rows)
        first = rows.start % height if height else 0
        found = self._made.get((tap, height, first))
        if found is None:
            outputs, width, _, channels = self._whole.shape
            name = f"{self._name} {tap} {height} {first}"
            turned = self._ctx.buffer(name, (outputs, width, height, channels))
            wanted = self._whole[:, :, tap : tap + height]
            yield partial(np.copyto, turned[:, :, first:], wanted[:, :, : height - first])
            yield partial(np.copyto, turned[:, :, :first], wanted[:, :, height - first :])
            found = self._made[tap, height, first] = turned.reshape(outputs, -1)
        return found
