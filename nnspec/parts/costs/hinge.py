"""hinge: every output shall be beyond a margin on its own side; what is, costs nothing.

    layers: [{dense: 10}]      # plain scores, no activation behind them
    cost: hinge
    cost: {hinge: {squared: true}}

C = (1/N) Σ_n Σ_k max(0, m - s y) with s = 2 t - 1, so that labels of 0 and 1 ask for scores of -m and m
dC/dy = -(1/N) s where s y < m, else 0;  squared: each term squared, dC/dy = -(2/N) s max(0, m - s y)
One output against the rest for each class, as support vector machines have it.
(Y. Tang, Deep Learning using Linear Support Vector Machines, 2013, section 2)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Field, PositiveFloat, factor_text, number_text


class Hinge(Cost):
    """The cost of a support vector machine on top of the stack."""

    primary: ClassVar[str | None] = "margin"
    formulas: ClassVar[Mapping[str, str]] = {
        "C": "Σ max(0, m - s y) with s = 2 t - 1, each term squared with `squared`",
        "y": "-s where s y < m, else 0; with `squared`, -2 s max(0, m - s y)",
    }

    margin: Annotated[PositiveFloat, Field(description="m, how far a score must be on its own side")] = 1.0
    squared: Annotated[bool, Field(description="square what is missing: smooth, and harder on outliers")] = False

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        missing = self._missing(y, self._sides(t, ctx), ctx)
        if self.squared:
            missing *= missing
        return float(np.add.reduce(missing, axis=None)) / float(y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        sides = self._sides(t, ctx)
        out = self._missing(y, sides, ctx)
        factor = -1 / y.shape[-1]
        if self.squared:
            factor *= 2
        else:
            np.greater(out, 0, out=out)
        out *= sides
        out *= factor
        return out

    def _sides(self, t: Array, ctx: Context) -> Array:
        sides = np.multiply(t, 2, out=ctx.buffer_like("sides", t))
        sides -= 1
        return sides

    def _missing(self, y: Array, sides: Array, ctx: Context) -> Array:
        missing = np.multiply(sides, y, out=ctx.buffer_like("missing", y))
        np.subtract(self.margin, missing, out=missing)
        return np.maximum(missing, 0, out=missing)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "C":
            pairs = zip(values["y"].flat, values["t"].flat, strict=True)
            square = "²" if self.squared else ""
            return " + ".join(f"max(0, {self._gap(y, t)}){square}" for y, t in pairs)
        y, t = values["y"][index], values["t"][index]
        side = 2 * t - 1
        if side * y >= self.margin:
            return "0"
        return f"-2·{factor_text(side)}·({self._gap(y, t)})" if self.squared else number_text(-side)

    def _gap(self, y: float, t: float) -> str:
        return f"{self.margin:g} - {factor_text(2 * t - 1)}·{factor_text(y)}"
