"""gaussian_noise: in training, noise is added to each input.

    layers:
      - gaussian_noise: 0.1

x (*shape, N) -> y (*shape, N)

y = x + std e, e drawn from a normal distribution;  y = x outside training;  dC/dx = dy
(C. Bishop, Training with Noise is Equivalent to Tikhonov Regularization, 1995)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Declaration, Field, Layer, NonNegativeFloat, Parameters, Shape


class GaussianNoise(Layer):
    """Keeps a network from reading too much into small differences; does nothing outside training."""

    primary: ClassVar[str | None] = "std"
    formulas: ClassVar[Mapping[str, str]] = {"y": "x + std e", "x": "dy"}

    std: Annotated[
        NonNegativeFloat, Field(description="standard deviation of the noise, in the input's units")
    ] = 0.1

    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        if not ctx.training or self.std == 0:
            return x
        y = ctx.buffer("y", x.shape)
        ctx.random.standard_normal(out=y, dtype=y.dtype.type)
        y *= self.std
        return np.add(x, y, out=y)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return dy
