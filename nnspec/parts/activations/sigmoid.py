"""sigmoid: the logistic function, between 0 and 1.

    layers:
      - dense: 30
      - sigmoid

y = 1 / (1 + exp(-x));  dC/dx = dy y (1 - y)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, Family, factor_text, number_text
from nnspec.parts.activations._logistic import logistic, logistic_slope


class Sigmoid(Activation):
    """As an output, the probability of each unit by itself; with binary_cross_entropy fused."""

    family: ClassVar[Family | None] = "bernoulli"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "1 / (1 + exp(-x))", "x": "dy y (1 - y)"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        logistic(x, out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        logistic_slope(y, out)
        np.multiply(out, dy, out)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return f"1 / (1 + exp({number_text(-values['x'][index])}))"
        y = number_text(values["y"][index])
        return f"{factor_text(values['dy'][index])}·{y}·(1 - {y})"
