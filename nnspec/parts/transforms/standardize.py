"""standardize: inputs with mean 0 and standard deviation 1, as measured on the training split.

    transforms: [standardize]                # each input by itself
    transforms: [standardize: all]           # one mean and deviation for all inputs, as for images

x (*shape, N) -> y (*shape, N);  y = (x - mean) / std.  An input that never varies becomes 0.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Context, Field, Transform

ROUNDING = 1e-12
"""Share of the mean below which a deviation is rounding: 1,000 float64 sums of 1e-16 each, and some room."""


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
        # The mean of equal numbers is off by its rounding; what deviates by no more than that does not vary.
        varies = deviation > ROUNDING * np.abs(mean)
        inverse = np.divide(1, deviation, out=np.zeros_like(deviation), where=varies)
        if self.over == "all":
            return {"mean": mean.reshape(()), "inverse": inverse.reshape(())}
        return {"mean": mean, "inverse": inverse}

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        out = ctx.buffer_like("y", x)
        # Numbers that float32 cannot hold, such as time stamps, meet their mean before they are rounded.
        mean = fitted["mean"].astype(np.result_type(x.dtype, ctx.dtype), copy=False)
        np.subtract(x, mean, out=out, casting="same_kind")
        out *= fitted["inverse"].astype(ctx.dtype, copy=False)
        return out
