"""identity: every output starts as the input of the same number.

    - dense: {units: 30, weights: identity}
    - dense: {units: 30, weights: {identity: 0.5}}

W[o, i] = g where o = i, else 0;  g = gain. Of further axes, as filters have them, the middle alone is filled, so
that a convolution that keeps the size passes its channels on.
(Q. Le, N. Jaitly and G. Hinton, A Simple Way to Initialize Recurrent Networks of Rectified Linear Units, 2015)
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    Random,
)


class Identity(Initializer):
    """For the weights of a recurrence, and for layers that shall do nothing at first."""

    primary: ClassVar[str | None] = "gain"

    gain: Annotated[float, Field(description="g, what stands on the diagonal")] = 1.0

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        out.fill(0)
        table = out if out.ndim > 1 else out[:, np.newaxis]
        middle = tuple(length // 2 for length in table.shape[2:])
        both = np.arange(min(table.shape[:2]))
        table[both, both, *middle] = self.gain
