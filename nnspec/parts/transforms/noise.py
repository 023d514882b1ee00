"""noise: in training, noise is added to each input.

    transforms: [scale, noise]           # deviation 0.1
    transforms: [scale, noise: 0.3]

x (*shape, N) -> y (*shape, N), in the network's type
y = x + std e, e drawn from a normal distribution for each sample and epoch;  y = x outside training
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Field, NonNegativeFloat, Transform
from nnspec.parts.transforms._images import as_stored, batch_last, samples_first


class Noise(Transform):
    """For measurements that are not exact; for inputs of any shape."""

    primary: ClassVar[str | None] = "std"

    std: Annotated[
        NonNegativeFloat, Field(description="standard deviation of the noise, in the inputs' units at this place")
    ] = 0.1

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        y = samples_first("y", x.shape[:-1], x.shape[-1], ctx)
        ctx.random.standard_normal(out=y, dtype=y.dtype.type)
        y *= self.std
        out = batch_last(y)
        return np.add(x, out, out=out, casting="same_kind")
