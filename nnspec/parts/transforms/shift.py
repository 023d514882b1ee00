"""shift: in training, images are moved by whole pixels.

    transforms: [shift: 2]          # up to 2 pixels in each direction
    transforms: [shift: [0, 4]]     # rows, columns

x (C, H, W, N) -> y (C, H, W, N);  y[c, i, j] = x[c, i - down, j - right], 0 where that lies outside
down and right are drawn evenly from -by to by for each sample and epoch; y = x outside training.
Values keep the type they are stored in, so that `scale` may follow.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Array, Context, Field, Shape, Transform
from nnspec.parts.transforms._images import as_stored, framed, require_image, stored_type, windows
from nnspec.parts.transforms._options import Reach


class Shift(Transform):
    """The cheapest distortion, and often the one that helps most."""

    primary: ClassVar[str | None] = "by"

    by: Annotated[Reach, Field(description="most pixels moved by, one number or [rows, columns]")] = (2, 2)

    def shape(self, shape: Shape) -> Shape:
        require_image("shift", shape)
        return shape

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        if not ctx.training:
            return as_stored(x, ctx)
        _, height, width, samples = x.shape
        rows, columns = self.by
        # The window's start in a frame of zeros: the image moves the other way.
        top = ctx.random.integers(2 * rows, size=(samples,), endpoint=True)
        left = ctx.random.integers(2 * columns, size=(samples,), endpoint=True)
        frame = framed(x, (rows, columns), ctx, stored_type(x, ctx))
        return windows(frame, top, left, height, width, ctx)
