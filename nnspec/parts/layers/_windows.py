"""What convolutions and pooling share: windows over the rows and columns of an image (C, H, W, N)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from nnspec.extend import Array, Context, Shape
from nnspec.parts.layers._axis import Axis, axis, extent

BLOCK = 2**19
"""Numbers in a block of copied windows: 2 MB in float32, which stay in the cache until they are multiplied."""


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

    @property
    def mirrored(self) -> "Windows | None":
        """The windows by which gradients go back, or None; see `Axis.mirrored`."""
        rows, columns = self.rows.mirrored, self.columns.mirrored
        return Windows(rows, columns) if rows is not None and columns is not None else None

    def frame_shape(self, channels: int, batch: int) -> Shape:
        """Shape of an image with its padding."""
        return (channels, self.rows.padded, self.columns.padded, batch)

    def frame(self, x: Array, fill: float, ctx: Context, name: str = "frame") -> Array:
        """The image with its padding, in C order; the image itself where it is that already.

        Args:
            x: The image.
            fill: What the padding is full of.
            ctx: Buffers.
            name: The buffer's.
        """
        if not self.framed and x.flags.c_contiguous:
            return x
        frame = ctx.buffer(name, self.frame_shape(x.shape[0], x.shape[-1]))
        rows, columns = self.rows.inside, self.columns.inside
        frame[:, : rows.start] = fill
        frame[:, rows.stop :] = fill
        frame[:, :, : columns.start] = fill
        frame[:, :, columns.stop :] = fill
        frame[:, rows, columns] = x
        return frame

    def inside(self, frame: Array) -> Array:
        """The image within its padding, a view."""
        return frame[:, self.rows.inside, self.columns.inside]

    def taps(self, frame: Array) -> Iterator[Array]:
        """Cell by cell of a window, that cell of all windows: views (C, H', W', N)."""
        for i in range(self.rows.kernel):
            for j in range(self.columns.kernel):
                yield frame[:, self.rows.tap(i), self.columns.tap(j)]

    def view(self, frame: Array) -> Array:
        """All windows at once, (C, kh, kw, H', W', N), without a copy; read-only."""
        channels, height, width, batch = frame.strides
        rows, columns = self.rows, self.columns
        return np.lib.stride_tricks.as_strided(
            frame,
            (frame.shape[0], *self.kernel, *self.count, frame.shape[-1]),
            (
                channels,
                height * rows.dilation,
                width * columns.dilation,
                height * rows.stride,
                width * columns.stride,
                batch,
            ),
            writeable=False,
        )


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


@cache
def blocks(rows: int, columns: int, numbers: int) -> tuple[tuple[slice, slice], ...]:
    """Cuts windows into blocks: several whole rows of them, or a part of one row.

    Args:
        rows: Windows along the height.
        columns: Windows along the width.
        numbers: Numbers in one window, those of all samples together.

    Returns:
        Which rows and which columns of windows belong to each block.
    """
    high = min(max(BLOCK // (columns * numbers), 1), rows)
    wide = columns if high > 1 else min(max(BLOCK // numbers, 1), columns)
    return tuple(
        (slice(row, min(row + high, rows)), slice(column, min(column + wide, columns)))
        for row in range(0, rows, high)
        for column in range(0, columns, wide)
    )
