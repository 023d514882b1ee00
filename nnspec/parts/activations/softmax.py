"""softmax: positive numbers that sum to 1 over the first axis.

    layers:
      - dense: 10
      - softmax

x (K, N) -> y (K, N);  y_k = exp(x_k) / Σ_j exp(x_j);  dC/dx = y (dy - Σ_j y_j dy_j)

The largest input is subtracted first: the result is the same and nothing overflows. The gradient is the whole
Jacobian applied to dy, so that softmax is right before any cost and also in the middle of a stack.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from nnspec.extend import (
    Activation,
    Array,
    Context,
    Declaration,
    Family,
    Forward,
    Parameters,
    Shape,
    factor_text,
    number_text,
)
from nnspec.parts.activations._classes import declare_classes


class Softmax(Activation):
    """As an output, the probabilities of classes that exclude one another; with cross_entropy fused."""

    elementwise: ClassVar[bool] = False
    family: ClassVar[Family | None] = "categorical"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {"y": "exp(x) / Σ exp(x)", "x": "y (dy - Σ y dy)"}

    def declare(self, shape: Shape) -> Declaration:
        return declare_classes("softmax", shape)

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        _value_into(out, ctx)(x)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        return _value_into(ctx.buffer_like("y", x), ctx)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.multiply(y, dy, out)
        np.subtract(dy, ctx.class_sum(out, ctx.buffer("sums", (1, *x.shape[1:]))), out)
        np.multiply(out, y, out)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        # Sums run over the first axis, at one place of the others.
        place: tuple[Any, ...] = (slice(None), *index[1:])
        x, y, dy = (values[name][place] for name in ("x", "y", "dy"))
        k = index[0]
        if quantity == "y":
            total = " + ".join(f"exp({number_text(value)})" for value in x)
            return f"exp({number_text(x[k])}) / ({total})"
        mean = " + ".join(f"{number_text(a)}·{factor_text(b)}" for a, b in zip(y, dy, strict=True))
        return f"{number_text(y[k])}·({number_text(dy[k])} - ({mean}))"


def _value_into(out: Array, ctx: Context) -> Forward:
    largest, sums = (ctx.buffer(name, (1, *out.shape[1:])) for name in ("largest", "sums"))
    spread = ctx.buffer_like("spread", out)

    def value(x: Array) -> Array:
        np.maximum.reduce(x, axis=0, keepdims=True, out=largest)
        # Spread out first: NumPy goes through a row at a time where it meets many, which takes half as long again.
        out[...] = largest
        np.subtract(x, out, out)
        np.exp(out, out)
        spread[...] = ctx.class_sum(out, sums)
        return np.divide(out, spread, out)

    return value
