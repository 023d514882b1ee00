"""zeros: all 0, the usual start of biases.

- dense: {units: 30, biases: zeros}
"""

import numpy as np

from nnspec.extend import Array, Initializer


class Zeros(Initializer):
    """For biases; weights that start at 0 stay equal to one another."""

    def fill(self, out: Array, fan_in: int, fan_out: int, random: np.random.Generator) -> None:
        out.fill(0)
