"""cross_entropy: how surprised the outputs are by the class that came.

    layers: [{dense: 10}, softmax]
    cost: cross_entropy
    cost: {cross_entropy: {smoothing: 0.1}}
    cost: {cross_entropy: {class_weights: balanced}}

C = -(1/N) Σ_n Σ_k w_k t log y;  dC/dy = -(1/N) w_k t / y;  w_k = 1 without class weights
Fused with softmax, with t standing for w t: C = (1/N) Σ_n (log Σ_j exp z_j Σ_k t_k - Σ_k t_k z_k),
dC/dz = (1/N) (y Σ_k t_k - t), stable for any z.
(C. Bishop, Pattern Recognition and Machine Learning, 2006, section 4.3.4)

With smoothing ε each target t becomes (1 - ε) t + ε / K, in training and in evaluation alike.
(C. Szegedy and others, Rethinking the Inception Architecture for Computer Vision, 2016, section 7)

`balanced` is w_k = N / (K N_k) over the training split, so that all classes weigh the same together and the mean
weight of a sample is 1. The sum over a batch is divided by its samples, as scikit-learn does, not by their weights
as PyTorch does: so batches and shards add up.
(G. King and L. Zeng, Logistic Regression in Rare Events Data, 2001, section 4.2)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

import numpy as np

from nnspec.extend import Array, Context, Field, Targets, TargetsError, factor_text, number_text
from nnspec.parts.costs._categorical import Categorical, spell_gradient
from nnspec.parts.costs._class_weights import OPTION, ClassWeights, by_place, column


class CrossEntropy(Categorical):
    """For classes that exclude one another: softmax, or anything else that yields probabilities."""

    formulas: ClassVar[Mapping[str, str]] = {"C": "-Σ t ln y", "y": "-t / y", "z": "y - t"}

    smoothing: Annotated[
        float, Field(ge=0, lt=1, description="ε, the share of each target that is spread over all K classes")
    ] = 0.0
    class_weights: ClassWeights = None

    def settle(self, targets: Targets) -> Self:
        if self.class_weights is None:
            return self
        if targets.kind != "classes":
            raise TargetsError(
                f"class weights are for classes; the targets are {targets.kind}", "leave them out", OPTION
            )
        if self.class_weights != "balanced":
            weights = by_place(self.class_weights, targets)
        elif targets.counts is None:
            return self
        else:
            weights = tuple(targets.samples / (len(targets.counts) * max(1, n)) for n in targets.counts)
        return self.model_copy(update={"class_weights": weights})

    def targets(self, t: Array, ctx: Context) -> Array:
        if self.smoothing == 0 and self.class_weights is None:
            return t
        return self._weighed(t, ctx.buffer_like("weighed", t))

    def _weighed(self, t: Array, out: Array) -> Array:
        np.multiply(t, 1 - self.smoothing, out=out)
        out += self.smoothing / len(t)
        if isinstance(self.class_weights, tuple):
            out *= column(self.class_weights, t)
        return out

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        t, y = values["t"], values["y"]
        if quantity != "C":
            total = float(self._weighed(t, np.empty(t.shape)).sum(axis=0)[index[1:]])
            return spell_gradient(quantity, float(y[index]), self._spelled(t, index), total)
        targets = {place: self._spelled(t, place) for place in np.ndindex(t.shape)}
        terms = [_surprise(target, float(y[place])) for place, target in targets.items() if target != "0"]
        return f"-({' + '.join(terms)})" if len(terms) != 1 else f"-{terms[0]}"

    def _spelled(self, t: Array, place: tuple[int, ...]) -> str:
        """A target as it counts, with what smoothing and class weights make of it."""
        text = factor_text(t[place])
        if self.smoothing:
            text = f"({number_text(1 - self.smoothing)}·{text} + {number_text(self.smoothing)} / {len(t)})"
        if not isinstance(self.class_weights, tuple) or text == "0":
            return text
        weight = number_text(self.class_weights[place[0]])
        return weight if text == "1" else f"{weight}·{text}"


def _surprise(target: str, y: float) -> str:
    log = f"ln({number_text(y)})"
    return log if target == "1" else f"{target}·{log}"
