"""What layers over sequences, (T, F, N), have in common."""

import numpy as np

from nnspec.extend import Array, Context, Shape, ShapeError, shape_text, size


def require_sequence(word: str, shape: Shape) -> tuple[int, int]:
    """Steps and features of a sequence; refuses every other shape.

    Args:
        word: The layer's name in a spec.
        shape: Shape of one sample.

    Raises:
        ShapeError: The shape has not two axes.
    """
    if len(shape) == 2:
        return shape[0], shape[1]
    if len(shape) < 2:
        hint = f"insert `reshape: [{size(shape)}, 1]` before it, or `embedding` where the numbers are codes"
    else:
        rows = shape[1:] if shape[0] == 1 else shape
        hint = f"insert `reshape: [{rows[0]}, {size(rows[1:])}]` before it: the first axis becomes the steps"
    raise ShapeError(f"{word} takes sequences, steps x features, not {shape_text(shape)}", hint)


def features_first(name: str, sequence: Array, ctx: Context) -> Array:
    """(T, K, N) copied to (K, T · N), so that one matrix product sums over all steps and samples."""
    steps, features, batch = sequence.shape
    laid = ctx.buffer(name, (features, steps, batch))
    laid[...] = sequence.swapaxes(0, 1)
    return laid.reshape(features, -1)


def samples_first(name: str, sequence: Array, ctx: Context) -> Array:
    """(T, F, N) copied to (N, T, F), so that each sample's matrices lie in one piece."""
    steps, features, batch = sequence.shape
    laid = ctx.buffer(name, (batch, steps, features))
    np.copyto(laid, sequence.transpose(2, 0, 1))
    return laid
