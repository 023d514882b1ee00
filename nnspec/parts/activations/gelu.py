"""gelu: each input weighted by the normal distribution's share below it.

    layers:
      - dense: {units: 50, weights: he}
      - gelu
      - dense: {units: 50, weights: he, activation: {gelu: tanh}}    # the usual approximation, cheaper

y = x Φ(x);  dC/dx = dy (Φ(x) + x φ(x)), with Φ and φ distribution and density of the standard normal
tanh: y = x (1 + tanh r) / 2 with r = √(2/π) (x + 0.044715 x³); off by at most 5e-4
(D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016, section 2)
"""

from collections.abc import Mapping
from math import pi, sqrt
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Activation, Array, Context, Field
from nnspec.parts.activations._normal import normal_distribution

DENSITY_AT_0 = 1 / sqrt(2 * pi)
ROOT = sqrt(2 / pi)
CUBIC = 0.044715


class Gelu(Activation):
    """Gaussian error linear unit."""

    primary: ClassVar[str | None] = "approximate"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "x Φ(x), or x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 with `tanh`",
        "x": "dy (Φ(x) + x φ(x)), or the derivative of the approximation",
    }

    approximate: Annotated[
        Literal["none", "tanh"], Field(description="whether Φ is exact or approximated by a tanh")
    ] = "none"

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        if self.approximate == "tanh":
            _tanh(x, out)
            out += 1
            out *= 0.5
        else:
            _distribution(x, out, ctx)
        out *= x

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        if self.approximate == "tanh":
            _tanh_slope(x, out, ctx)
        else:
            bell = _distribution(x, out, ctx)
            bell *= x
            bell *= DENSITY_AT_0
            out += bell
        out *= dy


def _distribution(x: Array, out: Array, ctx: Context) -> Array:
    """Writes Φ(x) to ``out`` and returns exp(-x²/2)."""
    bell = ctx.buffer_like("bell", x)
    normal_distribution(x, out, bell, ctx.buffer_like("w", x), ctx.buffer_like("t", x))
    return bell


def _tanh(x: Array, out: Array) -> None:
    np.multiply(x, x, out=out)
    out *= ROOT * CUBIC
    out += ROOT
    out *= x
    np.tanh(out, out=out)


def _tanh_slope(x: Array, out: Array, ctx: Context) -> None:
    """Writes (1 + t)/2 + (1 - t²)/2 · x r' to ``out``, with t = tanh r and r' = √(2/π) (1 + 3 · 0.044715 x²)."""
    _tanh(x, out)
    rest = np.multiply(out, out, out=ctx.buffer_like("rest", x))
    np.subtract(1, rest, out=rest)
    inner = np.multiply(x, x, out=ctx.buffer_like("inner", x))
    inner *= 3 * ROOT * CUBIC
    inner += ROOT
    inner *= x
    rest *= inner
    out += 1
    out += rest
    out *= 0.5
