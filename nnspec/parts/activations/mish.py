"""mish: each input weighted by the tanh of its softplus.

    layers:
      - dense: {units: 50, weights: he}
      - mish

y = x tanh(ln(1 + exp(x))) = x n / (n + 2) with e = exp(x), n = e (e + 2)
dC/dx = dy (n / (n + 2) + 4 x e (e + 1) / (n + 2)²)
(D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2020)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, factor_text, number_text

# Above it the weight is 1 to the last digit of float64, and squares stay within float32.
LARGEST_EXPONENT = 20.0


class Mish(Activation):
    """A smooth rectifier with a dip below 0, much like silu."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "x tanh(ln(1 + exp(x)))",
        "x": "dy (n / (n + 2) + 4 x e (e + 1) / (n + 2)²) with e = exp(x), n = e (e + 2)",
    }

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.minimum(x, LARGEST_EXPONENT, out=out)
        np.exp(out, out=out)
        whole = np.add(out, 2, out=ctx.buffer_like("whole", x))
        out *= whole
        np.add(out, 2, out=whole)
        out /= whole
        out *= x

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        e = np.minimum(x, LARGEST_EXPONENT, out=ctx.buffer_like("e", x))
        np.exp(e, out=e)
        np.add(e, 2, out=out)
        out *= e
        whole = np.add(out, 2, out=ctx.buffer_like("whole", x))
        out /= whole
        bend = np.add(e, 1, out=ctx.buffer_like("bend", x))
        bend *= e
        bend /= whole
        bend /= whole
        bend *= x
        bend *= 4
        out += bend
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity != "y":
            return ""
        x = values["x"][index]
        return f"{factor_text(x)}·tanh(ln(1 + exp({number_text(x)})))"
