"""kl_divergence: what is lost where the outputs stand in for the targets' distribution.

    layers: [{dense: 10}, softmax]
    cost: kl_divergence

C = (1/N) Σ_n Σ_k t ln(t / y);  dC/dy = -(1/N) t / y
Fused with softmax: dC/dz = (1/N) (y Σ_k t_k - t), stable for any z. The gradients are those of cross_entropy; the
value is 0 where outputs and targets agree, also for targets that are themselves uncertain.
(S. Kullback and R. A. Leibler, On Information and Sufficiency, 1951)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, factor_text, number_text
from nnspec.parts.costs._categorical import Categorical, spell_gradient
from nnspec.parts.costs._outputs import product_sum


class KlDivergence(Categorical):
    """For targets that are distributions over classes."""

    formulas: ClassVar[Mapping[str, str]] = {"C": "Σ t ln(t / y)", "y": "-t / y", "z": "y - t"}

    def offset(self, t: Array, ctx: Context) -> float:
        # t ln t is 0 where t is: the floor stands in for it only within the logarithm.
        logs = np.maximum(t, np.finfo(t.dtype).tiny, out=ctx.buffer_like("target_logs", t))
        np.log(logs, out=logs)
        return product_sum(t, logs, ctx)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "C":
            pairs = zip(values["t"].flat, values["y"].flat, strict=True)
            return " + ".join(f"{factor_text(t)}·ln({number_text(t)} / {number_text(y)})" for t, y in pairs if t)
        t = values["t"]
        return spell_gradient(quantity, values["y"][index], factor_text(t[index]), float(t.sum(axis=0)[index[1:]]))
