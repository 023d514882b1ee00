"""avg_pool2d: the mean of each window.

    layers:
      - avg_pool2d
      - avg_pool2d: {size: 3, stride: 2, padding: same}

x (C, H, W, N) -> y (C, H', W', N)

y = Σ x / n over the window, where n counts its cells within the image;  dC/dx = Σ dy / n over the windows on x
(Y. LeCun and others, Gradient-Based Learning Applied to Document Recognition, 1998, section II.B, without weights)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Parameters, factor_text
from nnspec.parts.layers._axis import Axis
from nnspec.parts.layers._pooling import Pooling
from nnspec.parts.layers._windows import Windows


class AvgPool2d(Pooling):
    """Makes an image smaller without losing its mean."""

    word: ClassVar[str] = "avg_pool2d"
    formulas: ClassVar[Mapping[str, str]] = {"y": "Σ x / n over each window", "x": "Σ dy / n over its windows"}

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        windows = self._windows(x.shape[1], x.shape[2])
        y = ctx.buffer("y", (x.shape[0], *windows.count, x.shape[-1]))
        first, *others = windows.taps(windows.frame(x, 0, ctx))
        y[...] = first
        for tap in others:
            y += tap
        y *= _shares(windows, ctx)
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        channels, height, width, batch = ctx.x.shape
        windows = self._windows(height, width)
        frame = ctx.buffer("dx", windows.frame_shape(channels, batch))
        frame[...] = 0
        share = np.multiply(dy, _shares(windows, ctx), out=ctx.buffer("share", ctx.y.shape))
        for tap in windows.taps(frame):
            np.add(tap, share, out=tap)
        return windows.inside(frame)

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
