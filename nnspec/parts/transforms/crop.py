"""crop: a window of each image, anywhere in training, the middle otherwise.

    transforms: [crop: 24]
    transforms: [crop: [24, 20]]             # height, width
    transforms: [pad: 4, crop: 28, scale]    # 28 x 28 images moved by up to 4 pixels

x (C, H, W, N) -> y (C, H', W', N);  y[c, i, j] = x[c, i + top, j + left]
top and left are drawn for each sample and epoch; outside training they are half of what is left over.
Values keep the type they are stored in, so that `scale` may follow.
(A. Krizhevsky, I. Sutskever and G. Hinton, ImageNet Classification with Deep Convolutional Networks, 2012)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Array, Context, Field, Shape, ShapeError, Transform, shape_text
from nnspec.parts.transforms._images import as_stored, framed, require_image, stored_type, windows
from nnspec.parts.transforms._options import Sides


class Crop(Transform):
    """Makes a network indifferent to where in the picture a thing stands."""

    primary: ClassVar[str | None] = "size"

    size: Annotated[Sides, Field(description="pixels of the window, one number or [height, width]")]

    def shape(self, shape: Shape) -> Shape:
        require_image("crop", shape)
        height, width = self.size
        if height > shape[1] or width > shape[2]:
            raise ShapeError(
                f"a window of {height} x {width} pixels is larger than the image, {shape_text(shape)}",
                f"crop to {min(height, shape[1])} x {min(width, shape[2])} or less, or put `pad` before it",
            )
        return (shape[0], height, width)

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        height, width = self.size
        down, across = x.shape[1] - height, x.shape[2] - width
        if not ctx.training:
            top, left = down // 2, across // 2
            return as_stored(x[:, top : top + height, left : left + width], ctx)
        tops = ctx.random.integers(down, size=(x.shape[-1],), endpoint=True)
        lefts = ctx.random.integers(across, size=(x.shape[-1],), endpoint=True)
        frame = framed(x, (0, 0), ctx, stored_type(x, ctx))
        return windows(frame, tops, lefts, height, width, ctx)
