"""uniform: drawn evenly from an interval.

    - dense: {units: 16, weights: {uniform: {low: -1.0, high: 1.0}}}

w ~ U[low, high)
"""

from typing import Annotated, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    Random,
)


class Uniform(Initializer):
    """The same spread whatever the layer's width."""

    low: Annotated[float, Field(description="lower bound")] = -0.05
    high: Annotated[float, Field(description="upper bound")] = 0.05

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low >= self.high:
            raise PydanticCustomError("bounds", "`low` must be below `high`")
        return self

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        out[...] = random.uniform(self.low, self.high, out.shape)
