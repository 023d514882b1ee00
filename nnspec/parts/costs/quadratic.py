"""quadratic: half the squared distance between output and target.

    cost: quadratic
    cost: {quadratic: {factor: 1.0, over_outputs: mean}}    # what others call the mean squared error

C = (f / N) Σ_n Σ_k (y - t)²  with f = 1/2;  dC/dy = (2 f / N) (y - t)
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 1, equation 6)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Field, Judge, PositiveFloat, factor_text, number_text
from nnspec.parts.costs._outputs import OverOutputs, behind, share


class Quadratic(Cost):
    """Squared error; summed over the outputs unless told to average, averaged over the batch."""

    formulas: ClassVar[Mapping[str, str]] = {"C": "f Σ (y - t)²", "y": "2 f (y - t)"}

    factor: Annotated[PositiveFloat, Field(description="f; 1/2 makes the gradient y - t")] = 0.5
    over_outputs: OverOutputs = "sum"

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        return self._judge(y, ctx)(y, t, 1.0)[0]

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return self._judge(y, ctx)(y, t, 1.0)[1]

    def bind(self, y: Array, t: Array, ctx: Context) -> Judge:
        return self._judge(y, ctx)

    def _judge(self, y: Array, ctx: Context) -> Judge:
        out, factor = ctx.buffer_like("dy", y), ctx.buffer("factor", ())
        difference, weight = out.ravel("K"), self.factor * share(y, self.over_outputs)

        def judge(y: Array, t: Array, scale: float) -> tuple[float, Array]:
            np.subtract(y, t, out)
            value = float(difference.dot(difference)) * weight
            # In a batch of one the factor is 1, unless told otherwise.
            if 2 * weight * scale != 1:
                factor.fill(2 * weight * scale)
                np.multiply(out, factor, out)
            return value, out

        return judge

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
