"""conv2d: filters that move over an image.

    layers:
      - conv2d: 16
      - conv2d: {filters: 32, kernel: 5, padding: same, activation: relu}
      - conv2d: {filters: 32, kernel: [3, 1], stride: 2, dilation: [2, 1], groups: 4, bias: false, weights: he}

x (C, H, W, N) -> y (O, H', W', N);  W (O, C / groups, kh, kw), b (O, 1)

y[o, r, s] = b[o] + Σ_cij W[o, c, i, j] x[c, stride r + dilation i, stride s + dilation j], x with its padding;
dC/dW = Σ_rs dy x at the same places;  dC/dx = each dy[o, r, s] times its filter, added up where windows overlap
(V. Dumoulin and F. Visin, A Guide to Convolution Arithmetic for Deep Learning, 2016, chapters 2 and 4)
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar

from nnspec.extend import (
    Array,
    Backward,
    Context,
    Declaration,
    Forward,
    Parameters,
    Shape,
    require_image,
    size,
)
from nnspec.parts.layers._convolution import Convolution
from nnspec.parts.layers._filters import ImageFilters
from nnspec.parts.layers._prepared import Call, Prepared, forward_into, in_c_order
from nnspec.parts.layers._refusals import require_groups, require_windows
from nnspec.parts.layers._windows import Windows, over


class Conv2d(ImageFilters):
    """Looks for the same patterns everywhere in an image (as cross-correlation, like every framework)."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "Σ W x over each window + b",
        "W": "Σ dy x over all windows",
        "b": "Σ dy over all windows",
        "x": "Σ W dy over the windows that see x",
    }

    def declare(self, shape: Shape) -> Declaration:
        require_image("conv2d", shape)
        channels, height, width = shape
        require_groups("conv2d", self.groups, channels)
        windows = self._windows(height, width)
        require_windows("conv2d", windows.sides)
        output = (self.filters, *windows.count)
        weights = (self.filters, channels // self.groups, *windows.kernel)
        multiplications = size(output) * size(weights[1:])
        return Declaration(
            output,
            self._parameters(weights, self.filters // self.groups, weights[1]),
            multiplications=multiplications,
        )

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        convolution, b = self._convolution(x), p.b if self.bias else None
        y = ctx.buffer("y", (self.filters, *convolution.windows.count, x.shape[-1]))
        return forward_into(y, lambda x: convolution.filter(x, p.W, b, y, ctx))

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        convolution = self._convolution(ctx.x)
        dx = ctx.buffer("dx", ctx.x.shape) if ctx.needs_input_gradient else None

        def calls(x: Array, dy: Array) -> Iterator[Call]:
            dy = yield from in_c_order(dy, "dy", ctx)
            if self.bias:
                yield partial(ctx.batch_sum, dy.reshape(self.filters, -1, copy=False), g.b)
            yield from convolution.filter_gradient(x, dy, g.W, ctx)
            if dx is not None:
                yield from convolution.spread(dy, p.W, None, dx, ctx)

        prepared = Prepared(calls)

        def backward(dy: Array) -> Array | None:
            prepared.run(ctx.x, dy)
            return dx

        return backward

    def _convolution(self, x: Array) -> Convolution:
        return Convolution(self._windows(x.shape[1], x.shape[2]), self.groups)

    def _windows(self, height: int, width: int) -> Windows:
        return over((height, width), self.kernel, self.stride, self.dilation, self.padding)
