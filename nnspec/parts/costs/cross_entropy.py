"""cross_entropy: how surprised the outputs are by the class that came.

    layers: [..., softmax]
    cost: cross_entropy

C = -(1/N) Σ_n Σ_k t log y;  dC/dy = -(1/N) t / y
Fused with softmax: C = (1/N) Σ_n (log Σ_j exp z_j - Σ_k t_k z_k), dC/dz = (1/N) (y Σ_k t_k - t), stable for any z.
(C. Bishop, Pattern Recognition and Machine Learning, 2006, section 4.3.4)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Family, factor_text, number_text


class CrossEntropy(Cost):
    """For classes that exclude one another: softmax, or anything else that yields probabilities."""

    family: ClassVar[Family | None] = "categorical"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"C": "-Σ t ln y", "y": "-t / y", "z": "y - t"}

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        logs = np.maximum(y, np.finfo(y.dtype).tiny, out=ctx.buffer_like("logs", y))
        np.log(logs, out=logs)
        return -float(np.vdot(t, logs)) / float(y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        # A probability of 0 for what did happen would divide by 0; the floor is as far as float32 reaches.
        out = ctx.buffer_like("dy", y)
        np.maximum(y, np.finfo(y.dtype).tiny, out=out)
        np.divide(t, out, out=out)
        out *= -1 / y.shape[-1]
        return out

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        peaks = ctx.buffer("peaks", (1, *z.shape[1:]))
        sums = ctx.buffer("sums", (1, *z.shape[1:]))
        shifted = ctx.buffer("shifted", z.shape)
        np.maximum.reduce(z, axis=0, keepdims=True, out=peaks)
        np.subtract(z, peaks, out=shifted)
        hits = float(np.vdot(t, shifted))
        np.exp(shifted, out=shifted)
        np.add.reduce(shifted, axis=0, keepdims=True, out=sums)
        np.log(sums, out=sums)
        np.add.reduce(t, axis=0, keepdims=True, out=peaks)
        return (float(np.vdot(peaks, sums)) - hits) / float(z.shape[-1])

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        totals = np.add.reduce(t, axis=0, keepdims=True, out=ctx.buffer("totals", (1, *t.shape[1:])))
        out = np.multiply(y, totals, out=ctx.buffer("dz", z.shape))
        out -= t
        out *= 1 / z.shape[-1]
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "C":
            pairs = zip(values["t"].flat, values["y"].flat, strict=True)
            terms = [_surprise(t, y) for t, y in pairs if t]
            return f"-({' + '.join(terms)})" if len(terms) != 1 else f"-{terms[0]}"
        y, t = number_text(values["y"][index]), values["t"][index]
        if quantity == "y":
            return f"-{factor_text(t)} / {y}" if t else "0"
        total = float(values["t"].sum(axis=0)[index[1:]])
        return f"{y} - {factor_text(t)}" if total == 1 else f"{y}·{factor_text(total)} - {factor_text(t)}"


def _surprise(t: float, y: float) -> str:
    return f"ln({number_text(y)})" if t == 1 else f"{factor_text(t)}·ln({number_text(y)})"
