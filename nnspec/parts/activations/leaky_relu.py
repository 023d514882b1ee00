"""leaky_relu: like relu, with a small slope where relu is flat.

    layers:
      - dense: {units: 50, weights: he}
      - leaky_relu: 0.01

y = x where x > 0, else a x;  dC/dx = dy where x > 0, else a dy
(A. Maas and others, Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, Field, factor_text, number_text


class LeakyRelu(Activation):
    """A unit that cannot die: its gradient is nowhere 0."""

    primary: ClassVar[str | None] = "slope"
    formulas: ClassVar[Mapping[str, str]] = {"y": "max(x, a x)", "x": "dy where x > 0, else a dy"}

    slope: Annotated[float, Field(gt=0, lt=1, description="a, the slope below 0")] = 0.01

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.multiply(x, self.slope, out=out)
        np.maximum(x, out, out=out)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.greater(x, 0, out=out)
        out *= 1 - self.slope
        out += self.slope
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, dy = values["x"][index], values["dy"][index]
        if quantity == "y":
            return f"max({number_text(x)}, {self.slope:g}·{factor_text(x)})"
        return number_text(dy) if x > 0 else f"{self.slope:g}·{factor_text(dy)}"
