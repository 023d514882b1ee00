"""max_pool2d: the largest number of each window.

    layers:
      - max_pool2d
      - max_pool2d: 3
      - max_pool2d: {size: [3, 2], stride: 2, padding: same}

x (C, H, W, N) -> y (C, H', W', N)

y = the largest x of the window;  dC/dx = dy where x is that largest number (the first one of equals), else 0
(D. Scherer, A. Müller and S. Behnke, Evaluation of Pooling Operations, 2010)
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Parameters, number_text, size
from nnspec.parts.layers._pooling import Pooling


class MaxPool2d(Pooling):
    """Keeps that a pattern was there, forgets where exactly."""

    word: ClassVar[str] = "max_pool2d"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "max x over each window",
        "x": "Σ dy of the windows it is max of",
    }

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        windows = self._windows(x.shape[1], x.shape[2])
        y = ctx.buffer("y", (x.shape[0], *windows.count, x.shape[-1]))
        first, *others = windows.taps(windows.frame(x, -np.inf, ctx))
        y[...] = first
        for tap in others:
            np.maximum(y, tap, out=y)
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        x, y = ctx.x, ctx.y
        windows = self._windows(x.shape[1], x.shape[2])
        frame = ctx.buffer("dx", windows.frame_shape(x.shape[0], x.shape[-1]))
        if not windows.tiled:
            frame[...] = 0
        largest, free = ctx.buffer("largest", y.shape, bool), ctx.buffer("free", y.shape, bool)
        share = ctx.buffer("share", y.shape)
        free[...] = True
        taps = zip(windows.taps(windows.frame(x, -np.inf, ctx)), windows.taps(frame), strict=True)
        for left, (tap, gradient) in zip(reversed(range(size(self.size))), taps, strict=True):
            if left:
                np.equal(tap, y, out=largest)
                largest &= free
                free ^= largest
            else:
                # The last number of a window is the largest where none before it was.
                largest = free
            np.multiply(dy, largest, out=gradient if windows.apart else share)
            if not windows.apart:
                np.add(gradient, share, out=gradient)
        return windows.inside(frame)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity != "y":
            return ""
        seen = ", ".join(map(number_text, self._seen(values["x"], index).flat))
        return f"max({seen})" if "," in seen else seen
