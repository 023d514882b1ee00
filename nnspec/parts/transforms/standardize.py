"""standardize: inputs with mean 0 and standard deviation 1, as measured on the training split.

    transforms: [standardize]                # each input by itself
    transforms: [standardize: all]           # one mean and deviation for all inputs, as for images

x (*shape, N) -> y (*shape, N);  y = (x - mean) / std.  An input that never varies becomes 0.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Context, Field, Transform


class Standardize(Transform):
    """Learns mean and deviation from the training split; validation and test are measured with the same."""

    primary: ClassVar[str | None] = "over"

    over: Annotated[
        Literal["each", "all"], Field(description="statistics for each input by itself, or for all together")
    ] = "each"

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        count, mean, squares = 0, np.float64(0), np.float64(0)
        for batch in batches:
            values = batch.astype(np.float64)
            values = values.reshape(1, -1) if self.over == "all" else values
            # Batches are merged by T. Chan and others' rule, which stays exact where E[x²] - E[x]² cancels.
            size, average = values.shape[-1], values.mean(axis=-1, keepdims=True)
            shift = average - mean
            squares = squares + ((values - average) ** 2).sum(axis=-1, keepdims=True)
            squares = squares + shift**2 * (count * size / (count + size))
            mean = mean + shift * (size / (count + size))
            count += size
        deviation = np.sqrt(squares / max(count, 1))
        inverse = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
        if self.over == "all":
            return {"mean": mean.reshape(()), "inverse": inverse.reshape(())}
        return {"mean": mean, "inverse": inverse}

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        out = ctx.buffer_like("y", x)
        np.subtract(x, fitted["mean"].astype(ctx.dtype, copy=False), out=out, casting="same_kind")
        out *= fitted["inverse"].astype(ctx.dtype, copy=False)
        return out
