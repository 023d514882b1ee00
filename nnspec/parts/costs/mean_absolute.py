"""mean_absolute: the mean distance between output and target.

    cost: mean_absolute
    cost: {mean_absolute: sum}      # summed over a sample's outputs, averaged over the batch alone

C = (1 / (N K)) Σ_n Σ_k |y - t|;  dC/dy = sign(y - t) / (N K), 0 where y = t;  K = 1 with `sum`
(P. J. Huber, Robust Statistics, 1981: what a median minimizes)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, factor_text, number_text
from nnspec.parts.costs._outputs import OverOutputs, behind, share


class MeanAbsolute(Cost):
    """Absolute error: an outlier counts for what it is, not for its square."""

    primary: ClassVar[str | None] = "over_outputs"
    formulas: ClassVar[Mapping[str, str]] = {"C": "Σ |y - t| / K", "y": "sign(y - t) / K"}

    over_outputs: OverOutputs = "mean"

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        distance = np.subtract(y, t, out=ctx.buffer_like("distance", y))
        np.abs(distance, out=distance)
        return float(np.add.reduce(distance, axis=None)) * share(y, self.over_outputs)

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        out = np.subtract(y, t, out=ctx.buffer_like("dy", y))
        np.sign(out, out=out)
        out *= share(y, self.over_outputs)
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        count = behind(self.over_outputs, values["y"])
        if quantity == "C":
            pairs = zip(values["y"].flat, values["t"].flat, strict=True)
            return f"({' + '.join(f'|{number_text(y)} - {factor_text(t)}|' for y, t in pairs)}){count}"
        return f"{np.sign(values['y'][index] - values['t'][index]):g}{count}"
