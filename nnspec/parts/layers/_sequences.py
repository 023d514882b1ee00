"""What layers over sequences, (T, F, N), have in common."""

from collections.abc import Generator
from functools import partial

import numpy as np

from nnspec.extend import Array, Context
from nnspec.parts.layers._prepared import Call


def features_first(name: str, sequence: Array, ctx: Context) -> Generator[Call, None, Array]:
    """What copies (T, K, N) to (K, T · N), for products that sum over all steps and samples; and that."""
    steps, features, batch = sequence.shape
    laid = ctx.buffer(name, (features, steps, batch))
    yield partial(np.copyto, laid, sequence.swapaxes(0, 1))
    return laid.reshape(features, -1)


def samples_first(name: str, sequence: Array, ctx: Context) -> Array:
    """(T, F, N) copied to (N, T, F), so that each sample's matrices lie in one piece."""
    steps, features, batch = sequence.shape
    laid = ctx.buffer(name, (batch, steps, features))
    np.copyto(laid, sequence.transpose(2, 0, 1))
    return laid
