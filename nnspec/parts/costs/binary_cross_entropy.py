"""binary_cross_entropy: cross-entropy of each output by itself, summed over the outputs.

    layers: [{dense: 10}, sigmoid]
    cost: binary_cross_entropy
    cost: {binary_cross_entropy: {class_weights: balanced}}

C = -(1/N) Σ_n Σ_k (t log y + (1 - t) log(1 - y));  dC/dy = (1/N) (y - t) / (y (1 - y))
Fused with sigmoid: C = (1/N) Σ (max(z, 0) - z t + log(1 + exp(-|z|))), dC/dz = (1/N) (y - t), stable for any z.
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 3, equation 63)

With class weights, C = -(1/N) Σ_n Σ_k (a t log y + b (1 - t) log(1 - y)). Two classes in a single output: b and a
are the weights of the first and the second. Labels: a_k is the weight of a label that holds, b = 1. `balanced` is
N / (2 N_k) for two classes, and for labels how often each does not hold for once that it does. As in
`cross_entropy`, the sum is divided by the samples, not by their weights.
"""

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from nnspec.extend import Array, Context, Cost, Family, Targets, TargetsError, factor_text, number_text
from nnspec.parts.costs._class_weights import OPTION, ClassWeights, by_place, column
from nnspec.parts.costs._outputs import product_sum


class BinaryCrossEntropy(Cost):
    """For outputs that are right or wrong each by itself; the tutorials' cross-entropy behind sigmoids."""

    family: ClassVar[Family | None] = "bernoulli"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {
        "C": "-Σ (t ln y + (1 - t) ln(1 - y))",
        "y": "(y - t) / (y (1 - y))",
        "z": "y - t",
    }

    class_weights: ClassWeights = None

    def settle(self, targets: Targets) -> Self:
        if self.class_weights is None:
            return self
        if targets.kind == "numbers" or (targets.kind == "classes" and len(targets.names) > 2):
            raise TargetsError(
                "class weights of this cost are for two classes in one output, or for labels",
                "for more classes take `softmax` and `cross_entropy`",
                OPTION,
            )
        if self.class_weights != "balanced":
            weights = by_place(self.class_weights, targets)
        elif targets.counts is None:
            return self
        elif targets.kind == "classes":
            weights = tuple(targets.samples / (2 * max(1, n)) for n in targets.counts)
        else:
            weights = tuple((targets.samples - n or 1) / max(1, n) for n in targets.counts)
        return self.model_copy(update={"class_weights": weights})

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        tiny = np.finfo(y.dtype).tiny
        hits, weights = self._weighed(t, ctx)
        logs = np.maximum(y, tiny, out=ctx.buffer_like("logs", y))
        np.log(logs, out=logs)
        total = product_sum(hits, logs, ctx)
        np.subtract(1, y, out=logs)
        np.maximum(logs, tiny, out=logs)
        np.log(logs, out=logs)
        total -= product_sum(hits, logs, ctx)
        total += _sum(logs, weights, ctx)
        return -total / float(y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        # An output of exactly 0 or 1 would divide by 0; the floor keeps the gradient finite and its sign right.
        below = np.subtract(1, y, out=ctx.buffer_like("below", y))
        below *= y
        np.maximum(below, np.finfo(y.dtype).tiny, out=below)
        out = self.logit_gradient(y, y, t, ctx)
        out /= below
        return out

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        terms = np.abs(z, out=ctx.buffer_like("terms", z))
        np.negative(terms, out=terms)
        np.exp(terms, out=terms)
        np.log1p(terms, out=terms)
        hits, weights = self._weighed(t, ctx)
        total = _sum(terms, weights, ctx) - product_sum(hits, z, ctx)
        np.maximum(z, 0, out=terms)
        total += _sum(terms, weights, ctx)
        return total / float(z.shape[-1])

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        hits, weights = self._weighed(t, ctx)
        out = ctx.buffer_like("dz", y)
        if weights is None:
            np.subtract(y, hits, out=out)
        else:
            np.multiply(y, weights, out=out)
            out -= hits
        out *= 1 / z.shape[-1]
        return out

    def _weighed(self, t: Array, ctx: Context) -> tuple[Array, Array | None]:
        """A t and a t + b (1 - t), the weights of what holds and of a whole term; the latter is None for all 1."""
        if not isinstance(self.class_weights, tuple):
            return t, None
        miss, hit = self._sides(t)
        hits = np.multiply(t, hit, out=ctx.buffer_like("hits", t))
        weights = np.subtract(1, t, out=ctx.buffer_like("weights", t))
        weights *= miss
        weights += hits
        return hits, weights

    def _sides(self, t: Array) -> tuple[Array | float, Array | float]:
        """B and a: the weight of what does not hold, and of what does."""
        weights = self.class_weights
        if not isinstance(weights, tuple):
            return 1.0, 1.0
        if len(t) == 1 and len(weights) == 2:
            return weights
        return 1.0, column(weights, t)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        miss, hit = self._sides(values["t"])
        hits, misses = values["t"] * hit, (1 - values["t"]) * miss
        if quantity == "C":
            triples = zip(hits.flat, misses.flat, values["y"].flat, strict=True)
            terms = " + ".join(_surprise(a, b, y) for a, b, y in triples)
            return f"-({terms})" if " + " in terms else f"-{terms}"
        y, t = number_text(values["y"][index]), factor_text(hits[index])
        weight = hits[index] + misses[index]
        slope = f"{y} - {t}" if weight == 1 else f"{number_text(weight)}·{y} - {t}"
        return slope if quantity == "z" else f"({slope}) / ({y}·(1 - {y}))"


def _sum(terms: Array, weights: Array | None, ctx: Context) -> float:
    return float(np.add.reduce(terms, axis=None)) if weights is None else product_sum(weights, terms, ctx)


def _surprise(hit: float, miss: float, y: float) -> str:
    sides = ((hit, f"ln({number_text(y)})"), (miss, f"ln(1 - {number_text(y)})"))
    return " + ".join(log if weight == 1 else f"{factor_text(weight)}·{log}" for weight, log in sides if weight)
