"""What all convolutions compute: windows of an image times filters, and both ways back.

Windows are copied block by block into (C, kh, kw, rows, columns, N), then one matrix product does the rest
(K. Chellapilla and others, High Performance Convolutional Neural Networks for Document Processing, 2006).

Throughout, ``image`` is the side that windows are cut from, (C, H, W, N), and ``features`` the side with one
number a window and filter, (O, H', W', N). Filters W are (O, C / groups, kh, kw).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnspec.extend import Array, Context, Shape, size
from nnspec.parts.layers._windows import Windows, blocks

WORTH = 1.2
"""So many windows on the gradient, for each on the image, are multiplied in the time that a second copy takes."""


@dataclass(frozen=True)
class Convolution:
    """Filters over windows.

    Attributes:
        windows: Where they lie.
        groups: Into how many groups channels and filters are divided.
    """

    windows: Windows
    groups: int

    def filter(self, frame: Array, W: Array, b: Array | None, out: Array, ctx: Context) -> Array:
        """The feature map of an image: each window times each filter.

        Args:
            frame: The image with its padding, in C order.
            W: Filters.
            b: A constant for each filter, (O, 1), or None.
            out: The feature map, in C order; overwritten.
            ctx: Buffers.
        """
        filters = self._matrices(W)
        for columns, place in self._columns(frame, ctx):
            product = np.matmul(filters, columns, out=self._cut(out, place))
            if b is not None:
                product += b.reshape(self.groups, -1, 1)
        return out

    def filter_gradient(self, frame: Array, dy: Array, out: Array, ctx: Context) -> None:
        """The gradient by the filters, given the image and the feature map's gradient.

        Args:
            frame: The image with its padding, in C order.
            dy: The feature map's gradient.
            out: Shaped as W; overwritten.
            ctx: Buffers.
        """
        total = self._matrices(out)
        part = ctx.buffer("filter_gradient", total.shape)
        for step, (columns, place) in enumerate(self._columns(frame, ctx)):
            target = part if step else total
            np.matmul(self._cut(dy, place), columns.transpose(0, 2, 1), out=target)
            if step:
                total += part

    def spread(self, features: Array, W: Array, out: Array, ctx: Context) -> Array:
        """The transpose of `filter`: each number times its filter, added up where windows overlap.

        Args:
            features: The feature map, or its gradient.
            W: Filters.
            out: The image without padding, in C order; overwritten.
            ctx: Buffers.
        """
        windows, batch = self.windows, features.shape[-1]
        channels = out.shape[0]
        frame = ctx.buffer("spread", windows.frame_shape(channels, batch)) if windows.framed else out
        frame[...] = 0
        filters = self._matrices(W).transpose(0, 2, 1)
        for place in self._places(channels, batch):
            columns = self._buffer(channels, place, batch, ctx)
            np.matmul(filters, self._cut(features, place), out=columns.reshape(self.groups, filters.shape[1], -1))
            cells = columns.reshape(channels, -1, *columns.shape[3:]).swapaxes(0, 1)
            for cell, tap in zip(cells, windows.taps(frame), strict=True):
                target = tap[:, place[0], place[1]]
                target += cell
        if frame is not out:
            out[...] = windows.inside(frame)
        return out

    def gradients(self, x: Array, dy: Array, W: Array, dW: Array, dx: Array, ctx: Context) -> Array:
        """Both gradients of `filter`: dx of its image, which is returned, and dW of its filters.

        Where gradients go back by windows on dy, and those are not many more than the windows on x, one copy of
        them serves both: dx is W, turned round, over the windows on dy, and dW is x times these.

        Args:
            x: The image, without padding.
            dy: The feature map's gradient.
            W: Filters.
            dW: Shaped as W; overwritten.
            dx: Shaped as the image, in C order; overwritten.
            ctx: Buffers.
        """
        back = self.windows.mirrored
        if back is None or size(back.count) > WORTH * size(self.windows.count) or not x.flags.c_contiguous:
            self.filter_gradient(self.windows.frame(x, 0, ctx), dy, dW, ctx)
            return self.spread(dy, W, dx, ctx)
        turned = ctx.buffer("turned", (len(x), W.shape[0] // self.groups, *W.shape[2:]))
        np.copyto(self._turned(turned), self._grouped(W))
        mirrored = Convolution(back, self.groups)
        filters, total = mirrored._matrices(turned), ctx.buffer("total", turned.shape)
        part = ctx.buffer("part", turned.shape)
        for step, (columns, place) in enumerate(mirrored._columns(back.frame(dy, 0, ctx, "dy frame"), ctx)):
            np.matmul(filters, columns, out=mirrored._cut(dx, place))
            target = part if step else total
            np.matmul(mirrored._cut(x, place), columns.transpose(0, 2, 1), out=mirrored._matrices(target))
            if step:
                total += part
        np.copyto(self._grouped(dW), self._turned(total))
        return dx

    def _grouped(self, W: Array) -> Array:
        """Filters by their groups: (groups, O / groups, C / groups, kh, kw), a view."""
        return W.reshape(self.groups, -1, *W.shape[1:])

    def _turned(self, W: Array) -> Array:
        """Filters (C, O / groups, kh, kw) turned round, as `_grouped` has those that lead forward: a view."""
        return self._grouped(W).swapaxes(1, 2)[..., ::-1, ::-1]

    def _columns(self, frame: Array, ctx: Context) -> Iterator[tuple[Array, tuple[slice, slice]]]:
        """Block by block the windows as columns of matrices, one a group, and the block's place."""
        view, channels, batch = self.windows.view(frame), frame.shape[0], frame.shape[-1]
        for place in self._places(channels, batch):
            columns = self._buffer(channels, place, batch, ctx)
            np.copyto(columns, view[:, :, :, place[0], place[1]])
            yield columns.reshape(self.groups, self._depth(channels), -1), place

    def _buffer(self, channels: int, place: tuple[slice, slice], batch: int, ctx: Context) -> Array:
        """Memory for the windows of a block, (C, kh, kw, rows, columns, N)."""
        largest = self._places(channels, batch)[0]
        shape = (channels, *self.windows.kernel, *_lengths(place), batch)
        numbers = size((channels, *self.windows.kernel, *_lengths(largest), batch))
        return ctx.buffer("columns", (numbers,))[: size(shape)].reshape(shape)

    def _places(self, channels: int, batch: int) -> tuple[tuple[slice, slice], ...]:
        return blocks(*self.windows.count, channels * size(self.windows.kernel) * batch)

    def _depth(self, channels: int) -> int:
        return channels // self.groups * size(self.windows.kernel)

    def _matrices(self, W: Array) -> Array:
        return W.reshape(self.groups, W.shape[0] // self.groups, -1)

    def _cut(self, features: Array, place: tuple[slice, slice]) -> Array:
        """A block of a feature map as matrices, one a group; a view where it lies in C order."""
        return features[:, place[0], place[1]].reshape(self.groups, features.shape[0] // self.groups, -1)


def _lengths(place: tuple[slice, slice]) -> Shape:
    rows, columns = place
    return (rows.stop - rows.start, columns.stop - columns.start)
