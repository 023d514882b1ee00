"""upsample2d: every cell of an image becomes several equal ones.

    layers:
      - upsample2d: 2
      - upsample2d: [1, 2]

x (C, H, W, N) -> y (C, H rows, W columns, N)

y[c, r, s] = x[c, r // rows, s // columns] (nearest neighbour);  dC/dx = Σ dy over the cells that x became
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Declaration, Field, Layer, Parameters, Shape, require_image
from nnspec.parts.layers._options import Pair


class Upsample2d(Layer):
    """Makes images larger without computing anything; a convolution behind it smooths the edges."""

    primary: ClassVar[str | None] = "factor"
    formulas: ClassVar[Mapping[str, str]] = {"y": "x, repeated", "x": "Σ dy over the copies of x"}

    factor: Annotated[Pair, Field(description="cells that one becomes, a number or [rows, columns]")] = (2, 2)

    def declare(self, shape: Shape) -> Declaration:
        require_image("upsample2d", shape)
        rows, columns = self.factor
        return Declaration((shape[0], shape[1] * rows, shape[2] * columns))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        channels, height, width, batch = x.shape
        rows, columns = self.factor
        cells = ctx.buffer("y", (channels, height, rows, width, columns, batch))
        cells[...] = x[:, :, np.newaxis, :, np.newaxis]
        return cells.reshape(channels, height * rows, width * columns, batch)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        channels, height, width, batch = ctx.x.shape
        rows, columns = self.factor
        cells = dy.reshape(channels, height, rows, width, columns, batch)
        return np.add.reduce(cells, axis=(2, 4), out=ctx.buffer("dx", ctx.x.shape))
