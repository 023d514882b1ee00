"""sigmoid: the logistic function, between 0 and 1.

    layers:
      - dense: 30
      - sigmoid

y = 1 / (1 + exp(-x));  dC/dx = dy y (1 - y)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import (
    Activation,
    Array,
    Backward,
    Context,
    Family,
    Forward,
    Parameters,
    factor_text,
    number_text,
)
from nnspec.parts.activations._logistic import logistic_into, slope_into


class Sigmoid(Activation):
    """As an output, the probability of each unit by itself; with binary_cross_entropy fused."""

    family: ClassVar[Family | None] = "bernoulli"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "1 / (1 + exp(-x))", "x": "dy y (1 - y)"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        logistic_into(out)(x)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.multiply(slope_into(out)(y), dy, out)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        return logistic_into(ctx.buffer_like("y", x))

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        if not ctx.needs_input_gradient:
            return super().bind_backward(dy, p, g, ctx)
        out = ctx.buffer_like("dx", ctx.x)
        slope = slope_into(out)
        return lambda dy: np.multiply(slope(ctx.y), dy, out)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return f"1 / (1 + exp({number_text(-values['x'][index])}))"
        y = number_text(values["y"][index])
        return f"{factor_text(values['dy'][index])}·{y}·(1 - {y})"
