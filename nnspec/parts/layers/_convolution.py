"""What all convolutions compute: windows of an image times filters, and both ways back; as calls to be made.

Throughout, ``image`` is the side that windows are cut from, (C, H, W, N), and ``features`` the side with one
number a window and filter, (O, H', W', N). Filters W are (O, C / groups, kh, kw).

Dilated windows are windows without dilation over every so-many-th cell, and the way back is windows over the
features, with filters turned round; at strides there are several such, each for every so-many-th cell of the
image. See `Axis.phases` and `Axis.returns`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnspec.extend import Array, Context
from nnspec.parts.layers._by_place import correlate_by_place, small_by_place
from nnspec.parts.layers._by_row import correlate_by_row, gradient_by_row
from nnspec.parts.layers._by_stretch import gradient_by_stretch, small_by_stretch
from nnspec.parts.layers._prepared import Call
from nnspec.parts.layers._windows import Windows


@dataclass(frozen=True)
class Convolution:
    """Filters over windows.

    Attributes:
        windows: Where they lie.
        groups: Into how many groups channels and filters are divided.
    """

    windows: Windows
    groups: int

    def filter(self, image: Array, W: Array, b: Array | None, out: Array, ctx: Context) -> Iterator[Call]:
        """The feature map of an image: each window times each filter.

        Args:
            image: The image.
            W: Filters.
            b: A constant for each filter, (O, 1), or None.
            out: The feature map; overwritten.
            ctx: Buffers.
        """
        yield from _correlate(self.windows, image, self._grouped(W), out, ctx, "filter")
        yield from _add(b, out)

    def filter_gradient(self, image: Array, dy: Array, out: Array, ctx: Context) -> Iterator[Call]:
        """The gradient by the filters, given the image and the feature map's gradient.

        Args:
            image: The image.
            dy: The feature map's gradient, in C order.
            out: Shaped as W; overwritten.
            ctx: Buffers.
        """
        target = self._grouped(out).transpose(0, 3, 4, 2, 1)
        total = ctx.buffer("filter gradient", target.shape)
        yield partial(total.fill, 0)
        for number, rows in enumerate(self.windows.rows.phases):
            along = (rows.axis, self.windows.columns)
            cells, places, name = image[:, rows.cells], dy[:, rows.windows], f"gradient {number}"
            if self.groups == 1 and small_by_stretch(cells, len(out), along):
                yield from gradient_by_stretch(cells, places, along, total[0], ctx, name)
            else:
                yield from gradient_by_row(cells, places, along, total, ctx, name)
        yield partial(np.copyto, target, total)

    def spread(self, features: Array, W: Array, b: Array | None, out: Array, ctx: Context) -> Iterator[Call]:
        """The transpose of `filter`: each number times its filter, added up where windows overlap.

        Args:
            features: The feature map, or its gradient.
            W: Filters.
            b: A constant for each channel of the image, (C, 1), or None.
            out: The image; overwritten.
            ctx: Buffers.
        """
        turned = self._grouped(W).swapaxes(1, 2)
        for i, rows in enumerate(self.windows.rows.returns):
            for j, columns in enumerate(self.windows.columns.returns):
                back = Windows(rows.axis, columns.axis)
                filters = turned[..., rows.taps, columns.taps][..., ::-1, ::-1]
                places = out[:, rows.cells, columns.cells]
                yield from _correlate(back, features, filters, places, ctx, f"spread {i} {j}")
        yield from _add(b, out)

    def _grouped(self, W: Array) -> Array:
        """Filters by their groups: (groups, O / groups, C / groups, kh, kw), a view."""
        return W.reshape(self.groups, -1, *W.shape[1:], copy=False)


def _correlate(
    windows: Windows, image: Array, filters: Array, out: Array, ctx: Context, name: str
) -> Iterator[Call]:
    """Each window times each filter, these by their groups."""
    if 0 in windows.kernel:
        yield partial(out.fill, 0)
        return
    small = len(filters) == 1 and small_by_place(filters[0], windows.columns.windows, image.shape[-1])
    for i, rows in enumerate(windows.rows.phases):
        if not small:
            along = (rows.axis, windows.columns)
            cells, places = image[:, rows.cells], out[:, rows.windows]
            yield from correlate_by_row(cells, filters, along, places, ctx, f"{name} {i}")
            continue
        for j, columns in enumerate(windows.columns.phases):
            cells, places = image[:, rows.cells, columns.cells], out[:, rows.windows, columns.windows]
            yield from correlate_by_place(
                cells, filters[0], (rows.axis, columns.axis), places, ctx, f"{name} {i} {j}"
            )


def _add(b: Array | None, out: Array) -> Iterator[Call]:
    """Adds each channel's constant."""
    if b is not None:
        yield partial(np.add, out, b[:, :, np.newaxis, np.newaxis], out)
