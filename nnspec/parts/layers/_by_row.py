"""Filters over an image, and the gradient by the filters, by one matrix product for each row of windows.

Every row of the image is copied kw times, each time moved by one cell, into a buffer (H, kw, C, W', N). The kh
rows that a row of windows sees follow one another in it: as they lie they are the matrix (kh kw C, W' N) that has
windows as its columns, one a group of channels, and the matrices of neighbouring rows overlap without having been
copied. One call multiplies many of them.

Windows as columns of a matrix: K. Chellapilla and others, High Performance Convolutional Neural Networks for
Document Processing, 2006; overlapping in memory: M. Cho and D. Brand, MEC: Memory-efficient Convolution for Deep
Neural Network, 2017, here with the batch last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnspec.extend import Array, Context, size
from nnspec.parts.layers._axis import Axis
from nnspec.parts.layers._prepared import Call

MOST = 2**20
"""Numbers in the buffer, 4 MB in float32: more leave the cache before they are multiplied."""


@dataclass(frozen=True)
class Block:
    """Neighbouring windows, as the columns of matrices.

    Attributes:
        rows: Which rows of windows.
        columns: Which windows of each.
        matrices: (groups, rows, kh kw C / groups, columns N); they hold until the next block is made.
        made: The calls that fill them.
    """

    rows: slice
    columns: slice
    matrices: Array
    made: list[Call]


def correlate_by_row(
    image: Array, filters: Array, along: tuple[Axis, Axis], out: Array, ctx: Context, name: str
) -> Iterator[Call]:
    """Each window times each filter.

    Args:
        image: (C, H, W, N).
        filters: By their groups, (groups, O / groups, C / groups, kh, kw).
        along: Windows along height and width; without dilation along the height.
        out: (O, H', W', N), overwritten.
        ctx: Buffers.
        name: What buffers' names begin with.
    """
    groups, outputs, channels, height, width = filters.shape
    in_order = ctx.buffer(f"{name} filters", (groups, outputs, height, width, channels))
    yield partial(np.copyto, in_order, filters.transpose(0, 1, 3, 4, 2))
    weights = in_order.reshape(groups, 1, outputs, -1)
    in_place = out.strides[2] == out.shape[3] * out.strides[3]
    features = out if in_place else ctx.buffer(f"{name} features", out.shape)
    for block in blocks(image, groups, along, ctx, name):
        yield from block.made
        yield partial(np.matmul, weights, block.matrices, _matrices(features, block, groups))
    if not in_place:
        yield partial(np.copyto, out, features)


def gradient_by_row(
    image: Array, dy: Array, along: tuple[Axis, Axis], total: Array, ctx: Context, name: str
) -> Iterator[Call]:
    """The gradient by the filters, added up over all windows.

    Args:
        image: (C, H, W, N).
        dy: The feature map's gradient, (O, H', W', N).
        along: Windows along height and width; without dilation along the height.
        total: What it is added to, (groups, kh, kw, C / groups, O / groups).
        ctx: Buffers.
        name: What buffers' names begin with.
    """
    groups, outputs = total.shape[0], total.shape[-1]
    rows, _ = _most(image, along)
    parts = ctx.buffer(f"{name} parts", (groups, rows, size(total.shape[1:-1]), outputs))
    part_sum = ctx.buffer(f"{name} sum", total.shape)
    for block in blocks(image, groups, along, ctx, name):
        # This way round the product is up to twice as fast: its result has the longer of the two sides as rows.
        features = _matrices(dy, block, groups).swapaxes(2, 3)
        part = parts[:, : features.shape[1]]
        yield from block.made
        yield partial(np.matmul, block.matrices, features, part)
        yield partial(np.add.reduce, part, 1, None, part_sum.reshape(groups, -1, outputs, copy=False))
        yield partial(np.add, total, part_sum, total)


def blocks(image: Array, groups: int, along: tuple[Axis, Axis], ctx: Context, name: str) -> Iterator[Block]:
    """All windows, block by block."""
    rows, columns = along
    channels, _, _, batch = image.shape
    high, wide = _most(image, along)
    shape = (groups, rows.reach(high), columns.kernel, channels // groups)
    memory = ctx.buffer(f"{name} windows", (size(shape) * wide * batch,))
    by_group = image.reshape(groups, channels // groups, *image.shape[1:], copy=False).swapaxes(1, 2)
    for left in range(0, columns.windows, wide):
        beside = range(left, min(left + wide, columns.windows))
        buffer = memory[: size(shape) * len(beside) * batch].reshape(*shape, len(beside), batch)
        for top in range(0, rows.windows, high):
            below = range(top, min(top + high, rows.windows))
            made = _fill(buffer[:, : rows.reach(len(below))], by_group, along, below, beside)
            matrices = _overlapping(buffer, rows, len(below))
            yield Block(slice(below.start, below.stop), slice(beside.start, beside.stop), matrices, list(made))


def _most(image: Array, along: tuple[Axis, Axis]) -> tuple[int, int]:
    """How many windows a block has along height and width: several whole rows of them, or a part of one row."""
    rows, columns = along
    line = columns.kernel * len(image) * image.shape[-1]
    wide = min(max(MOST // (rows.kernel * line), 1), columns.windows)
    high = max((MOST // (line * wide) - rows.kernel) // rows.stride + 1, 1) if wide == columns.windows else 1
    return min(high, rows.windows), wide


def _fill(buffer: Array, image: Array, along: tuple[Axis, Axis], below: range, beside: range) -> Iterator[Call]:
    """Copies what these windows see of an image (groups, H, C / groups, W, N), and zeros around it."""
    rows, columns = along
    lines, before = rows.beneath(below)
    behind = before + len(lines)
    yield partial(buffer[:, :before].fill, 0)
    yield partial(buffer[:, behind:].fill, 0)
    for tap in range(columns.kernel):
        windows, cells = columns.under(tap, beside)
        target = buffer[:, before:behind, tap]
        yield partial(target[:, :, :, : windows.start].fill, 0)
        yield partial(target[:, :, :, windows.stop :].fill, 0)
        yield partial(np.copyto, target[:, :, :, windows], image[:, lines.start : lines.stop, :, cells])


def _overlapping(buffer: Array, rows: Axis, count: int) -> Array:
    """So many rows of windows as matrices, a view: (groups, count, kh kw C / groups, windows N)."""
    groups, _, width, channels, windows, batch = buffer.shape
    group, line, _, depth, _, number = buffer.strides
    return np.ndarray(
        (groups, count, rows.kernel * width * channels, windows * batch),
        buffer.dtype,
        buffer,
        strides=(group, rows.stride * line, depth, number),
    )


def _matrices(features: Array, block: Block, groups: int) -> Array:
    """A block of a feature map, whose rows lie close, as matrices (groups, rows, O / groups, columns N)."""
    found = features[:, block.rows, block.columns]
    shape = (groups, len(found) // groups, found.shape[1], found.shape[2] * found.shape[3])
    by_group = found.reshape(shape, copy=False)
    return by_group.swapaxes(1, 2)
