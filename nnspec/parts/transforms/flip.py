"""flip: in training, some images are mirrored.

    transforms: [flip]                                     # left becomes right, in half of all cases
    transforms: [flip: vertical]
    transforms: [flip: {axis: both, probability: 0.3}]     # each axis by itself

x (C, H, W, N) -> y (C, H, W, N);  y[c, i, j] = x[c, i, W-1-j] (horizontal) or x[c, H-1-i, j] (vertical)
Drawn for each sample and epoch; y = x outside training.
Values keep the type they are stored in, so that `scale` may follow.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Context, DType, Field, Probability, Shape, Transform
from nnspec.parts.transforms._images import as_stored, batch_last, require_image, samples_first, stored_type


class Flip(Transform):
    """For things that are the same in a mirror: shoes and cats, but no digits or letters."""

    primary: ClassVar[str | None] = "axis"

    axis: Annotated[
        Literal["horizontal", "vertical", "both"],
        Field(description="what changes places: left and right, top and bottom, or both"),
    ] = "horizontal"
    probability: Annotated[Probability, Field(description="share of the images that are mirrored")] = 0.5

    def shape(self, shape: Shape) -> Shape:
        require_image("flip", shape)
        return shape

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        y = x.transpose(3, 0, 1, 2)
        if self.axis != "vertical":
            y = self._mirrored(y, y[:, :, :, ::-1], "horizontal", stored_type(x, ctx), ctx)
        if self.axis != "horizontal":
            y = self._mirrored(y, y[:, :, ::-1], "vertical", stored_type(x, ctx), ctx)
        return batch_last(y)

    def _mirrored(self, images: Array, mirrored: Array, axis: str, dtype: DType, ctx: Context) -> Array:
        out = samples_first(axis, images.shape[1:], len(images), ctx, dtype)
        chosen = ctx.random.random(len(images)) < self.probability
        np.copyto(out, images, casting="same_kind")
        np.copyto(out, mirrored, casting="same_kind", where=chosen[:, np.newaxis, np.newaxis, np.newaxis])
        return out
