"""huber: squared error up to a distance, absolute error beyond it.

    cost: huber
    cost: {huber: {distance: 0.5, over_outputs: mean}}

C = (1/N) Σ_n Σ_k h(y - t), where h(d) = d²/2 for |d| <= δ, else δ (|d| - δ/2)
dC/dy = (1/N) max(-δ, min(δ, y - t))
(P. J. Huber, Robust Estimation of a Location Parameter, 1964)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Field, PositiveFloat, factor_text, number_text
from nnspec.parts.costs._outputs import OverOutputs, behind, share


class Huber(Cost):
    """Quadratic near the target, where it is smooth; no more than linear for outliers."""

    primary: ClassVar[str | None] = "distance"
    formulas: ClassVar[Mapping[str, str]] = {
        "C": "Σ h(y - t), h(d) = d²/2 for |d| <= δ, else δ (|d| - δ/2)",
        "y": "max(-δ, min(δ, y - t))",
    }

    distance: Annotated[PositiveFloat, Field(description="δ, where the square ends")] = 1.0
    over_outputs: OverOutputs = "sum"

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        # With c the difference kept within δ, both branches are c (d - c/2).
        difference = np.subtract(y, t, out=ctx.buffer_like("difference", y))
        kept = np.clip(difference, -self.distance, self.distance, out=ctx.buffer_like("kept", y))
        difference *= kept
        kept *= kept
        kept *= 0.5
        difference -= kept
        return float(np.add.reduce(difference, axis=None)) * share(y, self.over_outputs)

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        out = np.subtract(y, t, out=ctx.buffer_like("dy", y))
        np.clip(out, -self.distance, self.distance, out=out)
        out *= share(y, self.over_outputs)
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        count = behind(self.over_outputs, values["y"])
        if quantity == "C":
            pairs = zip(values["y"].flat, values["t"].flat, strict=True)
            return f"({' + '.join(self._term(y, t) for y, t in pairs)}){count}"
        difference = f"{number_text(values['y'][index])} - {factor_text(values['t'][index])}"
        return f"max({-self.distance:g}, min({self.distance:g}, {difference})){count}"

    def _term(self, y: float, t: float) -> str:
        difference, bound = f"{number_text(y)} - {factor_text(t)}", f"{self.distance:g}"
        if abs(y - t) <= self.distance:
            return f"({difference})² / 2"
        return f"{bound}·(|{difference}| - {bound} / 2)"
