"""The gradient by the filters, by a small matrix product for each stretch of a row and each column of the filters.

Rows of the image lie in a buffer (H, C, W, N), with its padding. The kh rows that a row of windows sees follow
one another in it, and what column j of the filters has seen of neighbouring windows lies side by side from cell j
on: as it lies it is a matrix (kh C, windows N), and no window was copied. Times the features (windows N, O) that
is the gradient by this column; stretches are so short that OpenBLAS takes both as they lie. For that features are
turned over, by a product with the unit matrix: twice as fast as a copy with its axes exchanged.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.extend import Array, Context
from nnspec.parts.layers._axis import Axis
from nnspec.parts.layers._by_place import SMALL
from nnspec.parts.layers._by_row import MOST
from nnspec.parts.layers._prepared import Call

DEEPEST = 32
"""Filters up to which this is faster than products of whole rows; more take longer to turn over than they save."""
LOWEST, SHORTEST = 16, 64
"""Rows and columns of a matrix from which it is."""


def small_by_stretch(image: Array, outputs: int, along: tuple[Axis, Axis]) -> bool:
    """Whether windows lie side by side, and products are small, yet not too small."""
    rows, columns = along
    if columns.stride > 1 or outputs > DEEPEST or rows.kernel * len(image) < LOWEST:
        return False
    return _stretch(image, outputs, along) * int(image.shape[-1]) >= SHORTEST


def gradient_by_stretch(
    image: Array, dy: Array, along: tuple[Axis, Axis], total: Array, ctx: Context, name: str
) -> Iterator[Call]:
    """The gradient by the filters, added up over all windows.

    Args:
        image: (C, H, W, N).
        dy: The feature map's gradient, (O, H', W', N).
        along: Windows along height and width; without dilation along the height, without strides along the width.
        total: What it is added to, (kh, kw, C, O).
        ctx: Buffers.
        name: What buffers' names begin with.
    """
    rows, columns = along
    outputs, batch = len(dy), image.shape[-1]
    high, stretch = _high(image, along), _stretch(image, outputs, along)
    heads = (high, columns.windows // stretch, columns.kernel, rows.kernel * len(image))
    buffer = ctx.buffer(f"{name} rows", (rows.reach(high), len(image), columns.padded, batch))
    parts = ctx.buffer(f"{name} parts", (*heads, outputs))
    part_sum = ctx.buffer(f"{name} sum", (*heads[2:], outputs))
    features = ctx.buffer(f"{name} features", (high, columns.windows * batch, outputs))
    unit = ctx.buffer(f"{name} unit", (outputs, outputs))
    unit[...] = 0
    np.fill_diagonal(unit, 1)
    by_column = total.swapaxes(0, 1)
    for top in range(0, rows.windows, high):
        below = range(top, min(top + high, rows.windows))
        yield from _fill(buffer[: rows.reach(len(below))], image, along, below)
        matrices = _overlapping(buffer, along, len(below), stretch)
        lying = dy[:, top : below.stop].reshape(outputs, len(below), -1, copy=False).transpose(1, 2, 0)
        turned, part = features[: len(below)], parts[: len(below)]
        yield partial(np.matmul, lying, unit, turned)
        turned = turned.reshape(len(below), heads[1], 1, stretch * batch, outputs, copy=False)
        yield partial(np.matmul, matrices, turned, part)
        yield partial(np.add.reduce, part, (0, 1), None, part_sum)
        yield partial(np.add, by_column, part_sum.reshape(by_column.shape, copy=False), by_column)


def _stretch(image: Array, outputs: int, along: tuple[Axis, Axis]) -> int:
    """Windows in a stretch: the most that keep products small and divide a row evenly; 0 where one is too many."""
    rows, columns = along
    most = SMALL // (rows.kernel * len(image) * outputs * image.shape[-1])
    return next((count for count in range(min(most, columns.windows), 0, -1) if columns.windows % count == 0), 0)


def _high(image: Array, along: tuple[Axis, Axis]) -> int:
    """How many rows of windows the buffer holds at a time."""
    rows, columns = along
    lines = MOST // (len(image) * columns.padded * int(image.shape[-1]))
    return min(max((lines - rows.kernel) // rows.stride + 1, 1), rows.windows)


def _fill(buffer: Array, image: Array, along: tuple[Axis, Axis], below: range) -> Iterator[Call]:
    """Copies the rows of an image that these windows see, and zeros around them."""
    rows, columns = along
    lines, before = rows.beneath(below)
    behind = before + len(lines)
    inside = buffer[before:behind]
    yield partial(buffer[:before].fill, 0)
    yield partial(buffer[behind:].fill, 0)
    yield partial(inside[:, :, : columns.inside.start].fill, 0)
    yield partial(inside[:, :, columns.inside.stop :].fill, 0)
    yield partial(np.copyto, inside[:, :, columns.inside], image[:, lines.start : lines.stop].swapaxes(0, 1))


def _overlapping(buffer: Array, along: tuple[Axis, Axis], count: int, stretch: int) -> Array:
    """What the columns of the filters see, a view: (rows of windows, stretches, kw, kh C, windows N)."""
    rows, columns = along
    _, channels, _, batch = buffer.shape
    line, depth, cell, number = buffer.strides
    return np.ndarray(
        (count, columns.windows // stretch, columns.kernel, rows.kernel * channels, stretch * batch),
        buffer.dtype,
        buffer,
        strides=(rows.stride * line, stretch * cell, columns.dilation * cell, depth, number),
    )
