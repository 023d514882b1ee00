"""dropout: in training, each input is dropped with a given probability and the rest scaled up.

    layers:
      - dropout: 0.5

x (*shape, N) -> y (*shape, N)

y = m x, where m is 0 with probability `rate` and otherwise 1 / (1 - rate);  y = x outside training
(N. Srivastava and others, Dropout, JMLR 15, 2014; in the inverted form, which leaves evaluation alone)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Declaration, Field, Layer, Parameters, Shape, factor_text, number_text


class Dropout(Layer):
    """Keeps units from leaning on one another; does nothing outside training."""

    primary: ClassVar[str | None] = "rate"
    formulas: ClassVar[Mapping[str, str]] = {"y": "m x", "x": "m dy"}

    rate: Annotated[float, Field(ge=0, lt=1, description="probability that an input is dropped")] = 0.5

    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        if not ctx.training or self.rate == 0:
            return x
        mask = ctx.buffer("mask", x.shape)
        ctx.random.random(out=mask, dtype=mask.dtype.type)
        np.greater_equal(mask, self.rate, out=mask)
        mask *= 1 / (1 - self.rate)
        return np.multiply(x, mask, out=ctx.buffer("y", x.shape))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.training or self.rate == 0:
            return dy
        return np.multiply(dy, ctx.buffer("mask", dy.shape), out=ctx.buffer("dx", dy.shape))

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        # What was dropped is not handed in, but shows: an output of 0 where the input was none.
        dropped = values["y"][index] == 0 and values["x"][index] != 0
        factor = 0.0 if dropped else 1 / (1 - self.rate)
        return f"{number_text(factor)}·{factor_text(values['x' if quantity == 'y' else 'dy'][index])}"
