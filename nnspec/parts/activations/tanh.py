"""tanh: the hyperbolic tangent, between -1 and 1.

    layers:
      - dense: 30
      - tanh

y = tanh(x);  dC/dx = dy (1 - y²)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, factor_text, number_text


class Tanh(Activation):
    """Like the sigmoid, around 0."""

    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "tanh(x)", "x": "dy (1 - y²)"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.tanh(x, out=out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.multiply(y, y, out=out)
        np.subtract(1, out, out=out)
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return f"tanh({number_text(values['x'][index])})"
        return f"{factor_text(values['dy'][index])}·(1 - {factor_text(values['y'][index])}²)"
