"""normal: drawn from a Gaussian.

    - dense: {units: 30, weights: {normal: {std: 1.0}}}

w ~ N(mean, std²)
"""

from typing import Annotated, ClassVar

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    PositiveFloat,
    Random,
)


class Normal(Initializer):
    """The same spread whatever the layer's width."""

    primary: ClassVar[str | None] = "std"

    std: Annotated[PositiveFloat, Field(description="standard deviation")] = 0.01
    mean: Annotated[float, Field(description="mean")] = 0.0

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        out[...] = random.normal(self.mean, self.std, out.shape)
