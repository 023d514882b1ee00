"""log_softmax: the logarithms of softmax, right also where softmax itself would round to 0.

    layers:
      - dense: 10
      - log_softmax

x (K, N) -> y (K, N);  y_k = x_k - ln Σ_j exp(x_j);  dC/dx = dy - exp(y) Σ_j dy_j

The largest input is subtracted first: the result is the same and nothing overflows. Where the stack ends in
probabilities for cross_entropy, write softmax: the pair is fused and as stable.
(J. Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990)
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Context, Declaration, Shape, factor_text, number_text
from nnspec.parts.activations._classes import declare_classes


class LogSoftmax(Activation):
    """Logarithms of probabilities of classes that exclude one another."""

    elementwise: ClassVar[bool] = False
    range: ClassVar[tuple[float, float]] = (float("-inf"), 0.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "x - ln Σ exp(x)", "x": "dy - exp(y) Σ dy"}

    def declare(self, shape: Shape) -> Declaration:
        return declare_classes("log_softmax", shape)

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        sums = ctx.buffer("sums", (1, *x.shape[1:]))
        np.maximum.reduce(x, axis=0, keepdims=True, out=sums)
        np.subtract(x, sums, out=out)
        terms = np.exp(out, out=ctx.buffer_like("terms", x))
        np.add.reduce(terms, axis=0, keepdims=True, out=sums)
        np.log(sums, out=sums)
        out -= sums

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        sums = np.add.reduce(dy, axis=0, keepdims=True, out=ctx.buffer("sums", (1, *x.shape[1:])))
        np.exp(y, out=out)
        out *= sums
        np.subtract(dy, out, out=out)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        # Sums run over the first axis, at one place of the others.
        place: tuple[Any, ...] = (slice(None), *index[1:])
        k = index[0]
        if quantity == "y":
            total = " + ".join(f"exp({number_text(value)})" for value in values["x"][place])
            return f"{number_text(values['x'][index])} - ln({total})"
        dy = values["dy"][place]
        total = " + ".join(factor_text(value) for value in dy)
        return f"{number_text(dy[k])} - exp({number_text(values['y'][index])})·({total})"
