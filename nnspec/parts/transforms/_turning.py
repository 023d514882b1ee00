"""Images under linear maps, one for each sample."""

import numpy as np

from nnspec.extend import Array, Context
from nnspec.parts.transforms._sampling import sampled


def mapped(x: Array, inverse: Array, shift: Array, ctx: Context) -> Array:
    """Images mapped about their centres.

    Args:
        x: Images (C, H, W, N).
        inverse: (2, 2, N): from a place in the result, as (row, column) from the centre, to where it is read.
        shift: (2, N): by how many rows and columns the result is moved first.
        ctx: Buffers.

    Returns:
        (C, H, W, N) in ``ctx.dtype``; 0 where the source lies outside.
    """
    _, height, width, samples = x.shape
    middle = ((height - 1) / 2, (width - 1) / 2)
    # (N, H, 1) and (N, 1, W): places in the result, from the centre it was moved to.
    down = np.arange(height)[:, np.newaxis] - middle[0] - shift[0][:, np.newaxis, np.newaxis]
    across = np.arange(width) - middle[1] - shift[1][:, np.newaxis, np.newaxis]
    rows = ctx.buffer("rows", (samples, height, width))
    columns = ctx.buffer("columns", (samples, height, width))
    factors = inverse[..., np.newaxis, np.newaxis]
    for axis, coordinates in enumerate((rows, columns)):
        by_row = factors[axis, 0] * down + middle[axis]
        np.add(by_row, factors[axis, 1] * across, out=coordinates, casting="same_kind")
    return sampled(x, rows, columns, ctx)
