"""zero_pad2d: zeros around an image.

    layers:
      - zero_pad2d: 2
      - zero_pad2d: [1, 2]
      - zero_pad2d: [0, 1, 0, 1]

x (C, H, W, N) -> y (C, top + H + bottom, left + W + right, N)

y = x within, 0 around;  dC/dx = dy within
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Array, Context, Declaration, Field, Layer, Parameters, Shape, require_image
from nnspec.parts.layers._options import Sides


class ZeroPad2d(Layer):
    """Makes room; for padding that a convolution's own `padding:` cannot say."""

    primary: ClassVar[str | None] = "cells"
    formulas: ClassVar[Mapping[str, str]] = {"y": "x within, 0 around", "x": "dy within"}

    cells: Annotated[
        Sides, Field(description="zeros on each side: a number, [rows, columns] or [top, bottom, left, right]")
    ] = (1, 1, 1, 1)

    def declare(self, shape: Shape) -> Declaration:
        require_image("zero_pad2d", shape)
        top, bottom, left, right = self.cells
        return Declaration((shape[0], top + shape[1] + bottom, left + shape[2] + right))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        y = ctx.buffer("y", (*self.declare(x.shape[:-1]).output, x.shape[-1]))
        y[...] = 0
        self._within(y, x)[...] = x
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        dx = ctx.buffer("dx", ctx.x.shape)
        dx[...] = self._within(dy, dx)
        return dx

    def _within(self, padded: Array, x: Array) -> Array:
        """Where the input lies in the output, a view."""
        top, _, left, _ = self.cells
        return padded[:, top : top + x.shape[1], left : left + x.shape[2]]
