"""elastic: in training, images are distorted as if drawn on rubber.

    transforms: [elastic]
    transforms: [elastic: {alpha: 34, sigma: 4}]

x (C, H, W, N) -> y (C, H, W, N), in the network's type
y[c, i, j] = x(c, i + α G*u, j + α G*v):  u and v are images of numbers drawn evenly from -1 to 1, for each sample
and epoch; G is a Gaussian of deviation σ with sum 1, beyond the edge the numbers are 0; bilinear interpolation, 0
outside the image. Pixels move by about 0.16 α / σ in each direction. y = x outside training.
(P. Simard, D. Steinkraus and J. Platt, Best Practices for Convolutional Neural Networks, 2003)
"""

from collections.abc import Mapping
from functools import lru_cache
from math import ceil
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, DType, Field, NonNegativeFloat, PositiveFloat, Shape, Transform
from nnspec.parts.transforms._images import as_stored, require_image
from nnspec.parts.transforms._sampling import sampled

REACH = 6
"""Deviations behind which a Gaussian is nothing in float32."""


class Elastic(Transform):
    """What the muscles of a hand do to a digit."""

    primary: ClassVar[str | None] = "alpha"

    alpha: Annotated[NonNegativeFloat, Field(description="strength: pixels of the noise that is smoothed")] = 34.0
    sigma: Annotated[PositiveFloat, Field(description="deviation of the smoothing Gaussian, in pixels")] = 4.0

    def shape(self, shape: Shape) -> Shape:
        require_image("elastic", shape)
        return shape

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        _, height, width, samples = x.shape
        field, smoothed = (ctx.buffer(name, (2, samples, height, width)) for name in ("field", "smoothed"))
        ctx.random.random(dtype=field.dtype.type, out=field)
        field -= 0.5
        np.matmul(_gaussian(self.sigma, height, field.dtype), field, out=smoothed)
        np.matmul(smoothed, _gaussian(self.sigma, width, field.dtype), out=field)
        field *= 2 * self.alpha  # the numbers are drawn from -½ to ½
        rows, columns = field
        rows += np.arange(height, dtype=field.dtype)[:, np.newaxis]
        columns += np.arange(width, dtype=field.dtype)
        return sampled(x, rows, columns, ctx)


@lru_cache(maxsize=16)
def _gaussian(sigma: float, cells: int, dtype: DType) -> Array:
    """Smoothing along a line of cells as a product with a matrix, (cells, cells) and symmetric."""
    reach = ceil(REACH * sigma)
    total = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).sum()
    distance = np.subtract.outer(np.arange(cells), np.arange(cells))
    matrix: Array = (np.exp(-0.5 * (distance / sigma) ** 2) / total).astype(dtype)
    matrix.flags.writeable = False
    return matrix
