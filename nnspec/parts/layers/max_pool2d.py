"""max_pool2d: the largest number of each window.

    layers:
      - max_pool2d
      - max_pool2d: 3
      - max_pool2d: {size: [3, 2], stride: 2, padding: same}

x (C, H, W, N) -> y (C, H', W', N)

y = the largest x of the window;  dC/dx = dy where x is that largest number (the first one of equals), else 0
(D. Scherer, A. Müller and S. Behnke, Evaluation of Pooling Operations, 2010)
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Backward, Context, Forward, Parameters, number_text, size
from nnspec.parts.layers._pooling import Pooling
from nnspec.parts.layers._prepared import Call, Prepared, forward_into
from nnspec.parts.layers._windows import Windows


class MaxPool2d(Pooling):
    """Keeps that a pattern was there, forgets where exactly."""

    word: ClassVar[str] = "max_pool2d"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "max x over each window",
        "x": "Σ dy of the windows it is max of",
    }

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        windows = self._windows(x.shape[1], x.shape[2])
        y = ctx.buffer("y", (x.shape[0], *windows.count, x.shape[-1]))

        def calls(x: Array) -> Iterator[Call]:
            image = yield from windows.frame(x, -np.inf, ctx)
            first, *others = windows.taps(image)
            if not others:
                yield partial(np.copyto, y, first)
            for tap in others:
                yield partial(np.maximum, first, tap, out=y)
                first = y

        return forward_into(y, calls)

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        if not ctx.needs_input_gradient:
            return lambda _dy: None
        windows = self._windows(ctx.x.shape[1], ctx.x.shape[2])
        frame = ctx.buffer("dx", windows.frame_shape(ctx.x.shape[0], ctx.x.shape[-1]))
        prepared = Prepared(lambda x, y, dy: self._back(windows, x, y, dy, frame, ctx))
        dx = windows.inside(frame)

        def backward(dy: Array) -> Array | None:
            prepared.run(ctx.x, ctx.y, dy)
            return dx

        return backward

    def _back(self, windows: Windows, x: Array, y: Array, dy: Array, frame: Array, ctx: Context) -> Iterator[Call]:
        """What fills a frame with the gradient by the image, its padding included."""
        largest, free = ctx.buffer("largest", y.shape, bool), ctx.buffer("free", y.shape, bool)
        share = ctx.buffer("share", y.shape)
        image = yield from windows.frame(x, -np.inf, ctx)
        if not windows.tiled:
            yield partial(frame.fill, 0)
        yield partial(free.fill, 1)
        taps = zip(windows.taps(image), windows.taps(frame), strict=True)
        for left, (tap, gradient) in zip(reversed(range(size(self.size))), taps, strict=True):
            # The last number of a window is the largest where none before it was.
            mask = largest if left else free
            if left:
                yield partial(np.equal, tap, y, largest)
                yield partial(np.logical_and, largest, free, largest)
                yield partial(np.logical_xor, free, largest, free)
            yield partial(np.multiply, dy, mask, gradient if windows.apart else share)
            if not windows.apart:
                yield partial(np.add, gradient, share, gradient)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity != "y":
            return ""
        seen = ", ".join(map(number_text, self._seen(values["x"], index).flat))
        return f"max({seen})" if "," in seen else seen
