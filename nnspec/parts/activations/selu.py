"""selu: elu scaled so that signals keep mean 0 and variance 1 from layer to layer.

    layers:
      - dense: {units: 50, weights: {lecun: normal}}
      - selu

y = s x where x > 0, else s a (exp(x) - 1);  dC/dx = s dy where x > 0, else dy (y + s a)
s = 1.0507..., a = 1.6732...; meant for weights of variance 1 / fan_in (lecun) and standardized inputs
(G. Klambauer and others, Self-Normalizing Neural Networks, 2017, equation 2)
"""

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Array, factor_text, number_text
from nnspec.parts.activations._exponential import ExponentialLinear

SCALE = 1.0507009873554805
DEPTH = SCALE * 1.6732632423543772


class Selu(ExponentialLinear):
    """Scaled exponential linear unit: normalizes without a layer of its own."""

    range: ClassVar[tuple[float, float]] = (-DEPTH, float("inf"))
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "s x where x > 0, else s a (exp(x) - 1), with s = 1.0507, a = 1.67326",
        "x": "s dy where x > 0, else dy (y + s a)",
    }

    def slope_above(self) -> float:
        return SCALE

    def depth(self) -> float:
        return DEPTH

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, y, dy = (values[name][index] for name in ("x", "y", "dy"))
        scale, depth = number_text(SCALE), number_text(DEPTH)
        if quantity == "y":
            return f"{scale}·{number_text(x)}" if x > 0 else f"{depth}·(exp({number_text(x)}) - 1)"
        return f"{scale}·{factor_text(dy)}" if x > 0 else f"{factor_text(dy)}·({number_text(y)} + {depth})"
