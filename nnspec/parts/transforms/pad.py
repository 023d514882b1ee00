"""pad: a margin around each image.

    transforms: [pad: 2]
    transforms: [pad: {by: [0, 4], value: 255}]     # rows, columns; on both sides

x (C, H, W, N) -> y (C, H + 2 rows, W + 2 columns, N);  y = x inside, value in the margin
The same in training and outside. Values keep the type they are stored in, so that `scale` may follow.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, DataError, Field, Shape, Transform
from nnspec.parts.transforms._images import batch_last, require_image, samples_first, stored_type
from nnspec.parts.transforms._options import Reach


class Pad(Transform):
    """Makes room: for a `crop` that moves images, or for kernels that should see their edges."""

    primary: ClassVar[str | None] = "by"

    by: Annotated[Reach, Field(description="pixels added on each side, one number or [rows, columns]")]
    value: Annotated[float, Field(description="what the margin is filled with, in the inputs' units")] = 0.0

    def shape(self, shape: Shape) -> Shape:
        require_image("pad", shape)
        rows, columns = self.by
        return (shape[0], shape[1] + 2 * rows, shape[2] + 2 * columns)

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        _, height, width, samples = x.shape
        rows, columns = self.by
        out = samples_first("y", self.shape(x.shape[:-1]), samples, ctx, stored_type(x, ctx))
        out.fill(self._value(out))
        inside = out[:, :, rows : rows + height, columns : columns + width]
        np.copyto(inside, x.transpose(3, 0, 1, 2), casting="same_kind")
        return batch_last(out)

    def _value(self, out: Array) -> float:
        if out.dtype.kind == "f":
            return self.value
        bounds = np.iinfo(out.dtype)
        if not (self.value.is_integer() and bounds.min <= self.value <= bounds.max):
            raise DataError(
                f"pad fills with {self.value:g}, but the inputs are whole numbers from {bounds.min} to "
                f"{bounds.max}: give such a `value`, or put `scale` before `pad`"
            )
        return int(self.value)
