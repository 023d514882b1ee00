"""binary_cross_entropy: cross-entropy of each output by itself, summed over the outputs.

    layers: [{dense: 10}, sigmoid]
    cost: binary_cross_entropy

C = -(1/N) Σ_n Σ_k (t log y + (1 - t) log(1 - y));  dC/dy = (1/N) (y - t) / (y (1 - y))
Fused with sigmoid: C = (1/N) Σ (max(z, 0) - z t + log(1 + exp(-|z|))), dC/dz = (1/N) (y - t), stable for any z.
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 3, equation 63)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Family, factor_text, number_text


class BinaryCrossEntropy(Cost):
    """For outputs that are right or wrong each by itself; the tutorials' cross-entropy behind sigmoids."""

    family: ClassVar[Family | None] = "bernoulli"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {
        "C": "-Σ (t ln y + (1 - t) ln(1 - y))",
        "y": "(y - t) / (y (1 - y))",
        "z": "y - t",
    }

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        tiny = np.finfo(y.dtype).tiny
        logs = np.maximum(y, tiny, out=ctx.buffer_like("logs", y))
        np.log(logs, out=logs)
        total = float(np.vdot(t, logs))
        np.subtract(1, y, out=logs)
        np.maximum(logs, tiny, out=logs)
        np.log(logs, out=logs)
        total += float(np.add.reduce(logs, axis=None)) - float(np.vdot(t, logs))
        return -total / float(y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        # An output of exactly 0 or 1 would divide by 0; the floor keeps the gradient finite and its sign right.
        below = np.subtract(1, y, out=ctx.buffer_like("below", y))
        below *= y
        np.maximum(below, np.finfo(y.dtype).tiny, out=below)
        out = np.subtract(y, t, out=ctx.buffer_like("dy", y))
        out /= below
        out *= 1 / y.shape[-1]
        return out

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        terms = np.abs(z, out=ctx.buffer_like("terms", z))
        np.negative(terms, out=terms)
        np.exp(terms, out=terms)
        np.log1p(terms, out=terms)
        total = float(np.add.reduce(terms, axis=None)) - float(np.vdot(z, t))
        np.maximum(z, 0, out=terms)
        total += float(np.add.reduce(terms, axis=None))
        return total / float(z.shape[-1])

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        out = np.subtract(y, t, out=ctx.buffer_like("dz", y))
        out *= 1 / z.shape[-1]
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "C":
            pairs = zip(values["t"].flat, values["y"].flat, strict=True)
            terms = " + ".join(_surprise(t, y) for t, y in pairs)
            return f"-({terms})" if " + " in terms else f"-{terms}"
        y, t = number_text(values["y"][index]), factor_text(values["t"][index])
        return f"{y} - {t}" if quantity == "z" else f"({y} - {t}) / ({y}·(1 - {y}))"


def _surprise(t: float, y: float) -> str:
    hit, miss = f"ln({number_text(y)})", f"ln(1 - {number_text(y)})"
    if t in (0, 1):
        return hit if t else miss
    return f"{factor_text(t)}·{hit} + {factor_text(1 - t)}·{miss}"
