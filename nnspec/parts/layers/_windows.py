"""What convolutions and pooling share: windows over the rows and columns of an image (C, H, W, N)."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from nnspec.extend import Array, Context, Shape
from nnspec.parts.layers._axis import Axis, axis, extent
from nnspec.parts.layers._prepared import Call


@dataclass(frozen=True)
class Windows:
    """Windows over an image.

    Attributes:
        rows: Along its height.
        columns: Along its width.
    """

    rows: Axis
    columns: Axis

    @property
    def sides(self) -> Mapping[str, Axis]:
        """Both axes, by how a length along them is called."""
        return {"high": self.rows, "wide": self.columns}

    @property
    def count(self) -> Shape:
        """Windows along height and width."""
        return (self.rows.windows, self.columns.windows)

    @property
    def kernel(self) -> Shape:
        """Height and width of a window, in cells."""
        return (self.rows.kernel, self.columns.kernel)

    @property
    def framed(self) -> bool:
        """Whether there is padding."""
        return (self.rows.padded, self.columns.padded) != (self.rows.length, self.columns.length)

    @property
    def apart(self) -> bool:
        """Whether no two windows share a cell."""
        return all(along.stride >= extent(along.kernel, along.dilation) for along in (self.rows, self.columns))

    @property
    def tiled(self) -> bool:
        """Whether every cell of the image lies in one window and no other."""
        return self.rows.tiled and self.columns.tiled

    def frame_shape(self, channels: int, batch: int) -> Shape:
        """Shape of an image with its padding."""
        return (channels, self.rows.padded, self.columns.padded, batch)

    def frame(self, x: Array, fill: float, ctx: Context) -> Generator[Call, None, Array]:
        """What makes the image with its padding, in C order, and that; the image itself where it is that already.

        Args:
            x: The image.
            fill: What the padding is full of.
            ctx: Buffers.
        """
        if not self.framed and x.flags.c_contiguous:
            return x
        frame = ctx.buffer("frame", self.frame_shape(x.shape[0], x.shape[-1]))
        rows, columns = self.rows.inside, self.columns.inside
        yield partial(frame.fill, fill)
        yield partial(np.copyto, frame[:, rows, columns], x)
        return frame

    def inside(self, frame: Array) -> Array:
        """The image within its padding, a view."""
        return frame[:, self.rows.inside, self.columns.inside]

    def taps(self, frame: Array) -> Iterator[Array]:
        """Cell by cell of a window, that cell of all windows: views (C, H', W', N)."""
        for i in range(self.rows.kernel):
            for j in range(self.columns.kernel):
                yield frame[:, self.rows.tap(i), self.columns.tap(j)]


def over(
    image: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Literal["same", "valid"] | int,
) -> Windows:
    """The windows over an image of this height and width."""
    along = zip(image, kernel, stride, dilation, strict=True)
    rows, columns = (axis(*numbers, padding) for numbers in along)
    return Windows(rows, columns)
