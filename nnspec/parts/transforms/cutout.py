"""cutout: in training, a square of each image is covered.

    transforms: [cutout: 8]
    transforms: [scale, standardize: all, cutout: {size: 8, probability: 0.5}]

x (C, H, W, N) -> y (C, H, W, N);  y = 0 in a square of `size` pixels about a place of the image, x elsewhere
The place is drawn for each sample and epoch, and the square may reach beyond the edge; y = x outside training.
Values keep the type they are stored in, so that `scale` may follow; behind `standardize`, 0 is the mean.
(T. DeVries and G. Taylor, Improved Regularization of Convolutional Neural Networks with Cutout, 2017)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Field, PositiveInt, Probability, Shape, Transform
from nnspec.parts.transforms._images import as_stored, batch_last, framed, require_image, stored_type


class Cutout(Transform):
    """Makes a network look at the whole of a thing, not at its most telling part alone."""

    primary: ClassVar[str | None] = "size"

    size: Annotated[PositiveInt, Field(description="pixels of a side of the square")]
    probability: Annotated[Probability, Field(description="share of the images of which a part is covered")] = 1.0

    def shape(self, shape: Shape) -> Shape:
        require_image("cutout", shape)
        return shape

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        samples = x.shape[-1]
        chosen = ctx.random.random((samples, 1)) < self.probability
        down = self._covered(x.shape[1], samples, ctx) & chosen
        across = self._covered(x.shape[2], samples, ctx)
        covered = np.logical_and(
            down[:, :, np.newaxis],
            across[:, np.newaxis, :],
            out=ctx.buffer("covered", (samples, *x.shape[1:3]), bool),
        )
        out = framed(x, (0, 0), ctx, stored_type(x, ctx))
        np.copyto(out, 0, where=covered[:, np.newaxis])
        return batch_last(out)

    def _covered(self, cells: int, samples: int, ctx: Context) -> Array:
        """Which cells along a side lie in the square, (samples, cells)."""
        first = ctx.random.integers(cells, size=(samples, 1)) - self.size // 2
        cell = np.arange(cells)
        return np.asarray((first <= cell) & (cell < first + self.size))
