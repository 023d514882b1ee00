"""global_avg_pool: the mean of each channel over the whole image, or of each feature over the whole sequence.

    layers:
      - conv2d: 10
      - global_avg_pool

x (C, H, W, N) -> y (C, N), or x (T, F, N) -> y (F, N)

y = the mean of x over height and width, or over the steps;  dC/dx = dy / the numbers in the mean
(M. Lin, Q. Chen and S. Yan, Network In Network, 2014, section 3.2)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Declaration, Layer, Parameters, Shape, ShapeError, shape_text


class GlobalAvgPool(Layer):
    """From maps to one number a channel, whatever the size of the image."""

    formulas: ClassVar[Mapping[str, str]] = {"y": "mean of x", "x": "dy / cells"}

    def declare(self, shape: Shape) -> Declaration:
        if len(shape) not in (2, 3):
            raise ShapeError(
                f"global_avg_pool takes images, channels x height x width, or sequences, steps x features, not "
                f"{shape_text(shape)}",
                "take it out: there is nothing to average over",
            )
        return Declaration(shape[:1] if len(shape) == 3 else shape[1:])

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        axes = _places(x)
        y = ctx.buffer("y", (x.shape[1 if x.ndim == 3 else 0], x.shape[-1]))
        np.add.reduce(x, axis=axes, out=y)
        y *= y.size / x.size
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        dx = ctx.buffer("dx", ctx.x.shape)
        np.multiply(np.expand_dims(dy, _places(dx)), dy.size / dx.size, out=dx)
        return dx


def _places(x: Array) -> tuple[int, ...]:
    """The axes that are averaged over: height and width, or steps."""
    return (1, 2) if x.ndim == 4 else (0,)
