"""Order statistics of training inputs, whatever the batches they come in."""

from collections.abc import Iterable, Sequence

import numpy as np

from nnspec.extend import Array


def quantiles(batches: Iterable[Array], shares: Sequence[float]) -> list[Array]:
    """The quantiles of each input, (*shape, 1) float64 each.

    They are no sums: all batches are needed at once, as a table easily is.
    """
    inputs = np.concatenate([np.asarray(batch, np.float64) for batch in batches], axis=-1)
    return [np.quantile(inputs, share, axis=-1, keepdims=True) for share in shares]
