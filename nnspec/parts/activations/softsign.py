"""softsign: between -1 and 1 like tanh, but levels off slowly.

    layers:
      - dense: 30
      - softsign

y = x / (1 + |x|);  dC/dx = dy / (1 + |x|)²
(J. Bergstra and others, Quadratic Polynomials Learn Better Image Features, 2009; X. Glorot and Y. Bengio, 2010)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, number_text


class Softsign(Activation):
    """Saturates polynomially where tanh does so exponentially."""

    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "x / (1 + |x|)", "x": "dy / (1 + |x|)²"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.abs(x, out=out)
        out += 1
        np.divide(x, out, out=out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.abs(x, out=out)
        out += 1
        out *= out
        np.divide(dy, out, out=out)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, dy = values["x"][index], values["dy"][index]
        whole = f"(1 + {number_text(abs(x))})"
        return f"{number_text(x)} / {whole}" if quantity == "y" else f"{number_text(dy)} / {whole}²"
