"""dropout: in training, each input is dropped with a given probability and the rest scaled up.

    layers:
      - dropout: 0.5
      - dropout: {rate: 0.3, spatial: true}

x (*shape, N) -> y (*shape, N)

y = m x, where m is 0 with probability `rate` and otherwise 1 / (1 - rate);  y = x outside training
with `spatial`, one m for a whole channel of an image (C, H, W, N), or a feature of a sequence (T, F, N)
(N. Srivastava and others, Dropout, JMLR 15, 2014; in the inverted form, which leaves evaluation alone;
J. Tompson and others, Efficient Object Localization Using Convolutional Networks, 2015, for `spatial`)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Field,
    Layer,
    Parameters,
    Shape,
    ShapeError,
    factor_text,
    number_text,
    shape_text,
)


class Dropout(Layer):
    """Keeps units from leaning on one another; does nothing outside training."""

    primary: ClassVar[str | None] = "rate"
    formulas: ClassVar[Mapping[str, str]] = {"y": "m x", "x": "m dy"}

    rate: Annotated[float, Field(ge=0, lt=1, description="probability that an input is dropped")] = 0.5

    spatial: Annotated[bool, Field(description="drop whole channels of images, features of sequences")] = False

    def declare(self, shape: Shape) -> Declaration:
        if self.spatial and len(shape) not in (2, 3):
            raise ShapeError(
                f"spatial dropout takes images, channels x height x width, or sequences, steps x features, not "
                f"{shape_text(shape)}",
                "take `spatial` out, or put it before the `flatten`",
            )
        return Declaration(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        if not ctx.training or self.rate == 0:
            return x
        mask = ctx.buffer("mask", self._mask_shape(x.shape))
        ctx.random.random(out=mask, dtype=mask.dtype.type)
        np.greater_equal(mask, self.rate, out=mask)
        mask *= 1 / (1 - self.rate)
        return np.multiply(x, mask, out=ctx.buffer("y", x.shape))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.training or self.rate == 0:
            return dy
        return np.multiply(dy, ctx.buffer("mask", self._mask_shape(dy.shape)), out=ctx.buffer("dx", dy.shape))

    def _mask_shape(self, shape: Shape) -> Shape:
        if not self.spatial:
            return shape
        return (1, *shape[1:]) if len(shape) == 3 else (shape[0], 1, 1, shape[-1])

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        # What was dropped is not handed in, but shows: an output of 0 where the input was none.
        dropped = values["y"][index] == 0 and values["x"][index] != 0
        factor = 0.0 if dropped else 1 / (1 - self.rate)
        return f"{number_text(factor)}·{factor_text(values['x' if quantity == 'y' else 'dy'][index])}"
