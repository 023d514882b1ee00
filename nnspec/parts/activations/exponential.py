"""exponential: e to the power of the input; always above 0.

    layers:
      - dense: 1
      - exponential
    cost: poisson

y = exp(x);  dC/dx = dy y

Inputs above 88 count as 88, where float32 ends.
(P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, section 2.2: the inverse of the log link)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, Family, factor_text, number_text

LARGEST_EXPONENT = 88.0


class Exponential(Activation):
    """As an output, an expected count; with poisson fused."""

    family: ClassVar[Family | None] = "poisson"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formulas: ClassVar[Mapping[str, str]] = {"y": "exp(x)", "x": "dy y"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.minimum(x, LARGEST_EXPONENT, out=out)
        np.exp(out, out=out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.multiply(dy, y, out=out)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return f"exp({number_text(values['x'][index])})"
        return f"{factor_text(values['dy'][index])}·{factor_text(values['y'][index])}"
