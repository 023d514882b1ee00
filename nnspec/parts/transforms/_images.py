"""What transforms of images share: which shapes they take, what leaves them, and windows gathered in one go."""

from functools import lru_cache
from typing import Any

import numpy as np

from nnspec.extend import Array, Context, DType, Shape, ShapeError, shape_text


def require_image(word: str, shape: Shape) -> None:
    """Refuses anything but images.

    Raises:
        ShapeError: The shape is no [channels, height, width].
    """
    if len(shape) == 3:
        return
    hint = (
        f"store the samples with an axis of channels: {shape_text((1, *shape))}"
        if len(shape) == 2
        else f"take `{word}` out; `noise` suits any inputs"
    )
    raise ShapeError(f"{word} takes images, channels x height x width, not {shape_text(shape)}", hint)


def as_stored(x: Array, ctx: Context) -> Array:
    """The batch itself; what is no integer in the network's type.

    Integers stay as they are stored, so that `scale` behind still sees bytes.
    """
    if stored_type(x, ctx) == x.dtype:
        return x
    out = ctx.buffer_like("as stored", x)
    np.copyto(out, x, casting="same_kind")
    return out


def stored_type(x: Array, ctx: Context) -> DType:
    """The type of a batch whose values are moved and not changed."""
    return x.dtype if x.dtype.kind in "iu" else ctx.dtype


def samples_first(name: str, shape: Shape, samples: int, ctx: Context, dtype: Any = None) -> Array:
    """A buffer (samples, *shape), each sample in one stretch of memory, as data sets store them."""
    return ctx.buffer(name, (samples, *shape), dtype or ctx.dtype)


def batch_last(rows: Array) -> Array:
    """(samples, *shape) seen as (*shape, samples)."""
    return rows.transpose(*range(1, rows.ndim), 0)


def framed(x: Array, margin: tuple[int, int], ctx: Context, dtype: Any) -> Array:
    """A copy (N, C, H + 2 rows, W + 2 columns) with a margin of zeros around each image."""
    channels, height, width, samples = x.shape
    rows, columns = margin
    shape = (channels, height + 2 * rows, width + 2 * columns)
    frame = samples_first("frame", shape, samples, ctx, dtype)
    # The margin was made of zeros and is never written to.
    inside = frame[:, :, rows : rows + height, columns : columns + width]
    np.copyto(inside, x.transpose(3, 0, 1, 2), casting="same_kind")
    return frame


def windows(frame: Array, top: Array, left: Array, height: int, width: int, ctx: Context) -> Array:
    """Of each image the window that starts at its own row and column.

    Args:
        frame: (N, C, H, W), C-contiguous.
        top: First rows (N,), whole numbers.
        left: First columns (N,).
        height: Rows of a window.
        width: Columns of a window.
        ctx: Buffers.

    Returns:
        (C, height, width, N).
    """
    samples, channels = frame.shape[:2]
    offsets = _offsets(channels, *frame.shape[2:], height, width)
    starts = np.arange(samples) * (frame.size // samples) + top * frame.shape[3] + left
    index = np.add(starts[:, np.newaxis], offsets, out=ctx.buffer("index", (samples, len(offsets)), np.intp))
    out = samples_first("windows", (channels, height, width), samples, ctx, frame.dtype)
    # mode="clip" writes straight to `out`; the default mode goes through a buffer.
    np.take(frame.reshape(-1), index, out=out.reshape(index.shape), mode="clip")
    return batch_last(out)


@lru_cache(maxsize=16)
def _offsets(channels: int, rows: int, columns: int, height: int, width: int) -> Array:
    """Where the cells of a window lie, counted from its first."""
    places = np.arange(channels * rows * columns).reshape(channels, rows, columns)[:, :height, :width].reshape(-1)
    places.flags.writeable = False
    return places
