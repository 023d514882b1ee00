"""truncated_normal: drawn from a Gaussian whose tails are cut off.

    - dense: {units: 30, weights: truncated_normal}
    - dense: {units: 30, weights: {truncated_normal: {std: 0.02, cut: 2.0}}}

w ~ N(mean, std²), drawn again while |w - mean| > cut · std; `std` is that of the whole Gaussian. With cut = 2 the
draws have 0.88 of it.
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    PositiveFloat,
    Random,
)


class TruncatedNormal(Initializer):
    """A Gaussian without outliers."""

    primary: ClassVar[str | None] = "std"

    std: Annotated[PositiveFloat, Field(description="standard deviation before the cut")] = 0.05
    mean: Annotated[float, Field(description="mean")] = 0.0
    cut: Annotated[float, Field(ge=0.1, description="standard deviations beyond which nothing is drawn")] = 2.0

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        draws = random.standard_normal(out.shape)
        while (beyond := np.abs(draws) > self.cut).any():
            draws[beyond] = random.standard_normal(np.count_nonzero(beyond))
        out[...] = self.mean + self.std * draws
