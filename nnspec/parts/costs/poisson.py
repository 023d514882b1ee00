"""poisson: how surprising counts are where the outputs are the counts expected.

    layers: [{dense: 10}, exponential]
    cost: poisson

C = (1/N) Σ_n Σ_k (y - t ln y);  dC/dy = (1/N) (1 - t / y)
Fused with exponential: C = (1/N) Σ (exp(z) - t z), dC/dz = (1/N) (y - t)
The term ln t! of the likelihood is left out: it does not depend on the outputs, and so C may be negative.
(P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, section 6.2)
"""

from collections.abc import Mapping
from math import sqrt
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Family, factor_text, number_text
from nnspec.parts.costs._outputs import product_sum


class Poisson(Cost):
    """For targets that count events: outputs above 0, from exponential or softplus."""

    family: ClassVar[Family | None] = "poisson"
    domain: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formulas: ClassVar[Mapping[str, str]] = {"C": "Σ (y - t ln y)", "y": "1 - t / y", "z": "y - t"}

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        logs = np.maximum(y, _floor(y), out=ctx.buffer_like("logs", y))
        np.log(logs, out=logs)
        return (_total(y) - product_sum(t, logs, ctx)) / float(y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        out = np.maximum(y, _floor(y), out=ctx.buffer_like("dy", y))
        np.divide(t, out, out=out)
        np.subtract(1, out, out=out)
        out *= 1 / y.shape[-1]
        return out

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        return (_total(y) - product_sum(t, z, ctx)) / float(z.shape[-1])

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        out = np.subtract(y, t, out=ctx.buffer_like("dz", y))
        out *= 1 / z.shape[-1]
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "C":
            pairs = zip(values["y"].flat, values["t"].flat, strict=True)
            return " + ".join(f"{number_text(y)} - {factor_text(t)}·ln({number_text(y)})" for y, t in pairs)
        y, t = number_text(values["y"][index]), factor_text(values["t"][index])
        return f"{y} - {t}" if quantity == "z" else f"1 - {t} / {y}"


def _floor(y: Array) -> float:
    """An output of exactly 0 counts as this: small, and counts divided by it stay finite."""
    return sqrt(float(np.finfo(y.dtype).tiny))


def _total(y: Array) -> float:
    # The sum of a few outputs at the end of float32 lies beyond it.
    return float(np.add.reduce(y, axis=None, dtype=np.float64))
