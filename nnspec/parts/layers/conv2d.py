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

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Array, Context, Declaration, Parameters, Shape, require_image, size
from nnspec.parts.layers._convolution import Convolution
from nnspec.parts.layers._filters import ImageFilters
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

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        convolution = self._convolution(x)
        y = ctx.buffer("y", (self.filters, *convolution.windows.count, x.shape[-1]))
        return convolution.filter(x, p.W, p.b if self.bias else None, y, ctx)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        x, convolution = ctx.x, self._convolution(ctx.x)
        if self.bias:
            ctx.batch_sum(dy.reshape(self.filters, -1), out=g.b)
        convolution.filter_gradient(x, dy, g.W, ctx)
        if not ctx.needs_input_gradient:
            return None
        return convolution.spread(dy, p.W, None, ctx.buffer("dx", x.shape), ctx)

    def _convolution(self, x: Array) -> Convolution:
        return Convolution(self._windows(x.shape[1], x.shape[2]), self.groups)

    def _windows(self, height: int, width: int) -> Windows:
        return over((height, width), self.kernel, self.stride, self.dilation, self.padding)
