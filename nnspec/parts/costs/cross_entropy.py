"""cross_entropy: how surprised the outputs are by the class that came.

    layers: [{dense: 10}, softmax]
    cost: cross_entropy
    cost: {cross_entropy: {smoothing: 0.1}}

C = -(1/N) Σ_n Σ_k t log y;  dC/dy = -(1/N) t / y
Fused with softmax: C = (1/N) Σ_n (log Σ_j exp z_j - Σ_k t_k z_k), dC/dz = (1/N) (y Σ_k t_k - t), stable for any z.
(C. Bishop, Pattern Recognition and Machine Learning, 2006, section 4.3.4)

With smoothing ε each target t becomes (1 - ε) t + ε / K, in training and in evaluation alike.
(C. Szegedy and others, Rethinking the Inception Architecture for Computer Vision, 2016, section 7)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Field, factor_text, number_text
from nnspec.parts.costs._categorical import Categorical, spell_gradient


class CrossEntropy(Categorical):
    """For classes that exclude one another: softmax, or anything else that yields probabilities."""

    formulas: ClassVar[Mapping[str, str]] = {"C": "-Σ t ln y", "y": "-t / y", "z": "y - t"}

    smoothing: Annotated[
        float, Field(ge=0, lt=1, description="ε, the share of each target that is spread over all K classes")
    ] = 0.0

    def targets(self, t: Array, ctx: Context) -> Array:
        if self.smoothing == 0:
            return t
        return self._smoothed(t, ctx.buffer_like("smoothed", t))

    def _smoothed(self, t: Array, out: Array) -> Array:
        np.multiply(t, 1 - self.smoothing, out=out)
        out += self.smoothing / len(t)
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        smoothed = self._smoothed(values["t"], np.empty(values["t"].shape))
        if quantity == "C":
            pairs = zip(smoothed.flat, values["y"].flat, strict=True)
            terms = [_surprise(t, y) for t, y in pairs if t]
            return f"-({' + '.join(terms)})" if len(terms) != 1 else f"-{terms[0]}"
        return spell_gradient(quantity, index, {**values, "t": smoothed})


def _surprise(t: float, y: float) -> str:
    return f"ln({number_text(y)})" if t == 1 else f"{factor_text(t)}·ln({number_text(y)})"
