"""octaves: numbers at equal ratios from low to high, along the first axis.

    layers:
      - wavelets: {filters: 8, frequencies: {octaves: {low: 0.02, high: 0.4}}}

out[k] = low (high / low)^(k / (K - 1)): as many numbers an octave at the low end as at the high one
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, Field, Initializer, PositiveFloat, Random


class Octaves(Initializer):
    """As the keys of a piano are tuned."""

    api: ClassVar[int] = 1

    low: Annotated[PositiveFloat, Field(description="the first number")] = 0.01
    high: Annotated[PositiveFloat, Field(description="the last number")] = 0.4

    @model_validator(mode="after")
    def _rising(self) -> "Octaves":
        if self.low > self.high:
            raise PydanticCustomError("octaves", "`low` is above `high`: write the smaller number first")
        return self

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        numbers = np.geomspace(self.low, self.high, len(out))
        out[...] = numbers.reshape(-1, *[1] * (out.ndim - 1))
