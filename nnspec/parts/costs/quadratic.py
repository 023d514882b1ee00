"""quadratic: half the squared distance between output and target.

    cost: quadratic
    cost: {quadratic: {factor: 1.0, over_outputs: mean}}    # what others call the mean squared error

C = (f / N) Σ_n Σ_k (y - t)²  with f = 1/2;  dC/dy = (2 f / N) (y - t)
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 1, equation 6)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Field, PositiveFloat, factor_text, number_text
from nnspec.parts.costs._outputs import OverOutputs, behind, share


class Quadratic(Cost):
    """Squared error; summed over the outputs unless told to average, averaged over the batch."""

    formulas: ClassVar[Mapping[str, str]] = {"C": "f Σ (y - t)²", "y": "2 f (y - t)"}

    factor: Annotated[PositiveFloat, Field(description="f; 1/2 makes the gradient y - t")] = 0.5
    over_outputs: OverOutputs = "sum"

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        return self._both(y, t, ctx)[0]

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return self._both(y, t, ctx)[1]

    def value_and_gradient(self, y: Array, t: Array, ctx: Context) -> tuple[float, Array]:
        return self._both(y, t, ctx)

    def _both(self, y: Array, t: Array, ctx: Context) -> tuple[float, Array]:
        out = np.subtract(y, t, ctx.buffer_like("dy", y))
        difference, factor = out.ravel("K"), self.factor * share(y, self.over_outputs)
        value = float(difference.dot(difference)) * factor
        # In a batch of one the factor is 1, unless told otherwise.
        if factor != 0.5:
            np.multiply(out, 2 * factor, out)
        return value, out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        count = behind(self.over_outputs, values["y"])
        if quantity == "C":
            pairs = zip(values["y"].flat, values["t"].flat, strict=True)
            squares = " + ".join(f"({number_text(y)} - {factor_text(t)})²" for y, t in pairs)
            return f"{number_text(self.factor)}·({squares}){count}"
        difference = f"{number_text(values['y'][index])} - {factor_text(values['t'][index])}"
        if self.factor == 0.5:
            return f"({difference}){count}" if count else difference
        return f"2·{number_text(self.factor)}·({difference}){count}"
