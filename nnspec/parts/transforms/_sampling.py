"""Images read at places between their pixels."""

import numpy as np

from nnspec.extend import Array, Context, Shape
from nnspec.parts.transforms._images import batch_last, framed, samples_first

MARGIN = 1
"""Zeros around each image: whatever lies farther out is read from there."""


def sampled(x: Array, rows: Array, columns: Array, ctx: Context) -> Array:
    """Bilinear interpolation; 0 outside the image.

    Args:
        x: Images (C, H, W, N).
        rows: Where to read: row coordinates (N, H, W) in ``ctx.dtype``, 0 for the first row; overwritten.
        columns: Column coordinates (N, H, W); overwritten.
        ctx: Buffers.

    Returns:
        (C, H, W, N) in ``ctx.dtype``.
    """
    channels, height, width, samples = x.shape
    frame = framed(x, (MARGIN, MARGIN), ctx, ctx.dtype)
    size = frame.shape[2:]
    place = _places(rows, columns, size, channels, ctx)
    out = samples_first("sampled", (channels, height, width), samples, ctx)
    flat, plane = frame.reshape(-1), size[0] * size[1]
    for channel in range(channels):
        upper = _between(flat[channel * plane :], place, columns, "upper", ctx)
        lower = _between(flat[channel * plane + size[1] :], place, columns, "lower", ctx)
        lower -= upper
        lower *= rows
        np.add(upper, lower, out=out[:, channel])
    return batch_last(out)


def _places(rows: Array, columns: Array, size: Shape, channels: int, ctx: Context) -> Array:
    """Where each upper left neighbour lies in the flat frame; leaves the fractions in the coordinates."""
    place = ctx.buffer("place", rows.shape, np.intp)
    column = ctx.buffer("column", rows.shape, np.intp)
    whole = ctx.buffer("whole", rows.shape)
    for coordinates, index, cells in ((rows, place, size[0]), (columns, column, size[1])):
        np.add(coordinates, MARGIN, out=coordinates)
        # In the last row and column the share of the neighbour behind, which belongs to another image, is 0.
        np.clip(coordinates, 0, cells - 1, out=coordinates)
        np.floor(coordinates, out=whole)
        np.subtract(coordinates, whole, out=coordinates)
        np.copyto(index, whole, casting="unsafe")
    place *= size[1]
    place += column
    samples, cells = len(rows), channels * size[0] * size[1]
    place += np.arange(0, samples * cells, cells)[:, np.newaxis, np.newaxis]
    return place


def _between(flat: Array, place: Array, share: Array, name: str, ctx: Context) -> Array:
    """Between two neighbours in a row: so much of the right one, the rest of the left one."""
    left, right = ctx.buffer(name, place.shape), ctx.buffer("right", place.shape)
    # mode="clip" writes straight to `out`; the default mode goes through a buffer.
    np.take(flat, place, out=left, mode="clip")
    np.take(flat[1:], place, out=right, mode="clip")
    right -= left
    right *= share
    left += right
    return left
