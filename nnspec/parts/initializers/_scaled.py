"""What the initializers share that scale their spread by the layer's width."""

from math import sqrt
from typing import Annotated, ClassVar, Literal

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    Random,
)


class VarianceScaled(Initializer):
    """Draws with a variance of ``gain / fan``; the subclasses say which gain over which fan."""

    primary: ClassVar[str | None] = "distribution"

    distribution: Annotated[
        Literal["uniform", "normal"],
        Field(description="shape of the distribution; both have the same variance"),
    ] = "uniform"

    def variance(self, fan_in: int, fan_out: int) -> float:
        """The variance for these fans."""
        raise NotImplementedError

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        std = sqrt(self.variance(fan_in, fan_out))
        if self.distribution == "normal":
            out[...] = random.normal(0.0, std, out.shape)
        else:
            # A uniform distribution on [-a, a] has the variance a²/3.
            out[...] = random.uniform(-std * sqrt(3), std * sqrt(3), out.shape)
