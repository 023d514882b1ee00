"""avg_pool2d: the mean of each window.

    layers:
      - avg_pool2d
      - avg_pool2d: {size: 3, stride: 2, padding: same}

x (C, H, W, N) -> y (C, H', W', N)

y = Σ x / n over the window, where n counts its cells within the image;  dC/dx = Σ dy / n over the windows on x
(Y. LeCun and others, Gradient-Based Learning Applied to Document Recognition, 1998, section II.B, without weights)
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Backward, Context, Forward, Parameters, factor_text
from nnspec.parts.layers._axis import Axis
from nnspec.parts.layers._pooling import Pooling
from nnspec.parts.layers._prepared import Call, forward_into
from nnspec.parts.layers._windows import Windows


class AvgPool2d(Pooling):
    """Makes an image smaller without losing its mean."""

    word: ClassVar[str] = "avg_pool2d"
    formulas: ClassVar[Mapping[str, str]] = {"y": "Σ x / n over each window", "x": "Σ dy / n over its windows"}

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        windows = self._windows(x.shape[1], x.shape[2])
        y, shares = ctx.buffer("y", (x.shape[0], *windows.count, x.shape[-1])), _shares(windows, ctx)

        def calls(x: Array) -> Iterator[Call]:
            image = yield from windows.frame(x, 0, ctx)
            first, *others = windows.taps(image)
            yield partial(np.copyto, y, first)
            for tap in others:
                yield partial(np.add, y, tap, y)
            yield partial(np.multiply, y, shares, y)

        return forward_into(y, calls)

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        if not ctx.needs_input_gradient:
            return lambda _dy: None
        channels, height, width, batch = ctx.x.shape
        windows = self._windows(height, width)
        frame, shares = ctx.buffer("dx", windows.frame_shape(channels, batch)), _shares(windows, ctx)
        share, dx, taps = ctx.buffer("share", dy.shape), windows.inside(frame), list(windows.taps(frame))

        def backward(dy: Array) -> Array | None:
            frame.fill(0)
            np.multiply(dy, shares, share)
            for tap in taps:
                np.add(tap, share, tap)
            return dx

        return backward

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity != "y":
            return ""
        seen = self._seen(values["x"], index)
        return f"({' + '.join(map(factor_text, seen.flat))}) / {seen.size}"


def _shares(windows: Windows, ctx: Context) -> Array:
    """What one cell counts for in each window: 1 / n, (H', W', 1)."""
    shares = ctx.buffer("shares", (*windows.count, 1))
    shares[...] = _cells(windows.rows)[:, None, None] * _cells(windows.columns)[:, None]
    return np.reciprocal(shares, out=shares)


def _cells(along: Axis) -> Array:
    """Cells within the image, for each window along an axis."""
    starts = np.arange(along.windows) * along.stride
    ends = np.minimum(starts + along.kernel, along.before + along.length)
    return ends - np.maximum(starts, along.before)
