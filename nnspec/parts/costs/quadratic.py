"""quadratic: half the squared distance between output and target.

    cost: quadratic
    cost: {quadratic: {factor: 1.0, over_outputs: mean}}    # what others call the mean squared error

C = (f / N) Σ_n Σ_k (y - t)²  with f = 1/2;  dC/dy = (2 f / N) (y - t)
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 1, equation 6)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Context, Cost, Field, PositiveFloat, factor_text, number_text


class Quadratic(Cost):
    """Squared error; summed over the outputs unless told to average, averaged over the batch."""

    formulas: ClassVar[Mapping[str, str]] = {"C": "f Σ (y - t)²", "y": "2 f (y - t)"}

    factor: Annotated[PositiveFloat, Field(description="f; 1/2 makes the gradient y - t")] = 0.5
    over_outputs: Annotated[
        Literal["sum", "mean"], Field(description="whether a sample's squares are summed or averaged")
    ] = "sum"

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        difference = np.subtract(y, t, out=ctx.buffer_like("difference", y))
        flat = difference.reshape(-1, order="A")
        return float(np.dot(flat, flat)) * self._scale(y)

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        out = np.subtract(y, t, out=ctx.buffer_like("dy", y))
        out *= 2 * self._scale(y)
        return out

    def _scale(self, y: Array) -> float:
        samples = y.shape[-1]
        outputs = y.size // samples if self.over_outputs == "mean" else 1
        return self.factor / float(samples * outputs)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        share = f" / {values['y'].size}" if self.over_outputs == "mean" else ""
        if quantity == "C":
            pairs = zip(values["y"].flat, values["t"].flat, strict=True)
            squares = " + ".join(f"({number_text(y)} - {factor_text(t)})²" for y, t in pairs)
            return f"{number_text(self.factor)}·({squares}){share}"
        difference = f"{number_text(values['y'][index])} - {factor_text(values['t'][index])}"
        if self.factor == 0.5:
            return f"({difference}){share}" if share else difference
        return f"2·{number_text(self.factor)}·({difference}){share}"
