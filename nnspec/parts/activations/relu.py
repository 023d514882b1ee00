"""relu: the positive part.

    layers:
      - dense: {units: 50, weights: he}
      - relu

y = max(x, 0);  dC/dx = dy where x > 0, else 0 (also at x = 0)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, number_text

# From so many numbers on `clip`, whose call is dearer, is up to four times as fast: in NumPy 2.4 `maximum` of an
# array and a single number does without vector instructions.
MANY = 10_000


class Relu(Activation):
    """Rectified linear unit."""

    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formulas: ClassVar[Mapping[str, str]] = {"y": "max(x, 0)", "x": "dy where x > 0, else 0"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        if x.size < MANY:
            np.maximum(x, 0, out=out)
        else:
            np.clip(x, 0, np.inf, out=out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        # A mask in the arrays' own type: multiplying by booleans would convert them through a temporary.
        np.greater(y, 0, out=out)
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, dy = values["x"][index], values["dy"][index]
        if quantity == "y":
            return f"max({number_text(x)}, 0)"
        return number_text(dy) if x > 0 else "0"
