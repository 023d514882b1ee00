"""sigmoid: the logistic function, between 0 and 1.

    layers:
      - dense: 30
      - sigmoid

y = 1 / (1 + exp(-x));  dC/dx = dy y (1 - y)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, Family

# exp of more overflows float32. The output there, 1.6e-38, is still a normal number.
LARGEST_EXPONENT = 87.0


class Sigmoid(Activation):
    """As an output, the probability of each unit by itself; with binary_cross_entropy fused."""

    family: ClassVar[Family | None] = "bernoulli"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "1 / (1 + exp(-x))", "x": "dy y (1 - y)"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.negative(x, out=out)
        np.minimum(out, LARGEST_EXPONENT, out=out)
        np.exp(out, out=out)
        out += 1
        np.reciprocal(out, out=out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.subtract(1, y, out=out)
        out *= y
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, y, dy = values["x"][index], values["y"][index], values["dy"][index]
        if quantity == "y":
            return f"1 / (1 + exp({-x:.6g}))"
        return f"{dy:.6g}·{y:.6g}·(1 - {y:.6g})"
