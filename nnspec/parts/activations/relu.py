"""relu: the positive part.

    layers:
      - dense: {units: 50, weights: he}
      - relu

y = max(x, 0);  dC/dx = dy where x > 0, else 0 (also at x = 0)
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Activation, Array, Backward, Context, Forward, Parameters, number_text

# NumPy 2.4 has vector instructions for `maximum` of two arrays, but not of an array and a single number: 0.4 and
# 1.0 microseconds for 1,600 numbers. From so many on `clip`, whose call is dearer, has less to read.
MANY = 100_000


class Relu(Activation):
    """Rectified linear unit."""

    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    formulas: ClassVar[Mapping[str, str]] = {"y": "max(x, 0)", "x": "dy where x > 0, else 0"}

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        _value_into(out, ctx)(x)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        _gradient_into(out, ctx)(dy, y)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        return _value_into(ctx.buffer_like("y", x), ctx)

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        if not ctx.needs_input_gradient:
            return super().bind_backward(dy, p, g, ctx)
        gradient = _gradient_into(ctx.buffer_like("dx", ctx.x), ctx)
        return lambda dy: gradient(dy, ctx.y)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x, dy = values["x"][index], values["dy"][index]
        if quantity == "y":
            return f"max({number_text(x)}, 0)"
        return number_text(dy) if x > 0 else "0"


def _value_into(out: Array, ctx: Context) -> Forward:
    if out.size >= MANY:
        return lambda x: np.clip(x, 0, np.inf, out=out)
    maximum, zeros = np.maximum, ctx.buffer_like("zeros", out)
    return lambda x: maximum(x, zeros, out=out)


def _gradient_into(out: Array, ctx: Context) -> Callable[[Array, Array], Array]:
    # 0 as an array is understood 0.3 microseconds sooner.
    zero, positive = ctx.buffer("zero", ()), ctx.buffer("positive", out.shape, bool)

    def gradient(dy: Array, y: Array) -> Array:
        # Booleans first, and then numbers of them: `greater` would take twice as long for both at once.
        out[...] = np.greater(y, zero, positive)
        return np.multiply(out, dy, out)

    return gradient
