"""softplus: a rectifier with the corner rounded off; always above 0.

    layers:
      - dense: 30
      - softplus

y = ln(1 + exp(x));  dC/dx = dy (1 - exp(-y)), which is the sigmoid of x
(C. Dugas and others, Incorporating Second-Order Functional Knowledge for Better Option Pricing, 2001)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, factor_text, number_text


class Softplus(Activation):
    """As an output, a quantity that cannot be negative."""

    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formulas: ClassVar[Mapping[str, str]] = {"y": "ln(1 + exp(x))", "x": "dy (1 - exp(-y))"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        # max(x, 0) + ln(1 + exp(-|x|)): the same, and nothing overflows.
        np.abs(x, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)
        np.log1p(out, out=out)
        out += np.maximum(x, 0, out=ctx.buffer_like("above", x))

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.negative(y, out=out)
        np.expm1(out, out=out)
        np.negative(out, out=out)
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return f"ln(1 + exp({number_text(values['x'][index])}))"
        return f"{factor_text(values['dy'][index])}·(1 - exp({number_text(-values['y'][index])}))"
