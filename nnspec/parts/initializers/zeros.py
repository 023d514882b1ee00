"""zeros: all 0, the usual start of biases.

    - dense: {units: 30, biases: zeros}

b = 0
"""

from nnspec.extend import (
    Array,
    Initializer,
    Random,
)


class Zeros(Initializer):
    """For biases; weights that start at 0 stay equal to one another."""

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        out.fill(0)
