"""What layers over sequences, (T, F, N), have in common."""

import numpy as np

from nnspec.extend import Array, Context


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
