"""elu: the identity above 0, an exponential that levels off below.

    layers:
      - dense: {units: 50, weights: he}
      - elu
      - dense: {units: 50, weights: he, activation: {elu: 0.5}}

y = x where x > 0, else a (exp(x) - 1);  dC/dx = dy where x > 0, else dy (y + a)
(D.-A. Clevert and others, Fast and Accurate Deep Network Learning by Exponential Linear Units, 2016)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Array, Field, PositiveFloat, factor_text, number_text
from nnspec.parts.activations._exponential import ExponentialLinear


class Elu(ExponentialLinear):
    """Exponential linear unit: outputs have a mean nearer to 0 than a rectifier's."""

    primary: ClassVar[str | None] = "alpha"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "x where x > 0, else a (exp(x) - 1)",
        "x": "dy where x > 0, else dy (y + a)",
    }

    alpha: Annotated[PositiveFloat, Field(description="a, how far below 0 outputs can fall")] = 1.0

    def slope_above(self) -> float:
        return 1.0

    def depth(self) -> float:
        return self.alpha

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, y, dy = (values[name][index] for name in ("x", "y", "dy"))
        if quantity == "y":
            return number_text(x) if x > 0 else f"{self.alpha:g}·(exp({number_text(x)}) - 1)"
        return number_text(dy) if x > 0 else f"{factor_text(dy)}·({number_text(y)} + {self.alpha:g})"
