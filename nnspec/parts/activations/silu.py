"""silu: each input weighted by its own sigmoid; also known as swish.

    layers:
      - dense: {units: 50, weights: he}
      - silu

y = x s with s = 1 / (1 + exp(-x));  dC/dx = dy (s + y (1 - s))
(S. Elfwing and others, Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement
Learning, 2018)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, factor_text, number_text
from nnspec.parts.activations._logistic import logistic_into


class Silu(Activation):
    """Sigmoid linear unit: a smooth rectifier with a dip below 0."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "x s with s = 1 / (1 + exp(-x))",
        "x": "dy (s + y (1 - s))",
    }

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        logistic_into(out)(x)
        out *= x

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        share = ctx.buffer_like("share", x)
        logistic_into(share)(x)
        np.subtract(1, share, out=out)
        out *= y
        out += share
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, y, dy = (values[name][index] for name in ("x", "y", "dy"))
        share = f"1 / (1 + exp({number_text(-x)}))"
        if quantity == "y":
            return f"{factor_text(x)}·{share}"
        return f"{factor_text(dy)}·({share} + {factor_text(y)}·(1 - {share}))"
