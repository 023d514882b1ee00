"""conv2d_transpose: filters that paint an image, each number of the input times one filter.

    layers:
      - conv2d_transpose: 16
      - conv2d_transpose: {filters: 1, kernel: 4, stride: 2, padding: same, activation: sigmoid}

x (C, H, W, N) -> y (O, H', W', N);  W (C, O / groups, kh, kw), b (O, 1)

y = b + each x[c, r, s] times its filter W[c], added up where windows overlap; gradients are those of conv2d with
the two sides exchanged. H' = stride (H - 1) + dilation (kh - 1) + 1 - 2 padding;  with `same`, H' = stride H
(V. Dumoulin and F. Visin, A Guide to Convolution Arithmetic for Deep Learning, 2016, chapter 4)
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
    ShapeError,
    require_image,
    shape_text,
    size,
)
from nnspec.parts.layers._axis import extent
from nnspec.parts.layers._convolution import Convolution
from nnspec.parts.layers._filters import ImageFilters
from nnspec.parts.layers._prepared import Call, Prepared, forward_into, in_c_order
from nnspec.parts.layers._refusals import require_groups
from nnspec.parts.layers._windows import over


class Conv2dTranspose(ImageFilters):
    """The way back of a convolution, used forward: makes images larger."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "Σ W x over the windows that see y, + b",
        "W": "Σ x dy over all windows",
        "b": "Σ dy over the image",
        "x": "Σ W dy over each window",
    }

    def declare(self, shape: Shape) -> Declaration:
        require_image("conv2d_transpose", shape)
        channels, height, width = shape
        require_groups("conv2d_transpose", self.groups, channels)
        lengths = self._lengths(height, width)
        if min(lengths) < 1:
            raise ShapeError(
                f"conv2d_transpose: a padding of {self.padding} leaves nothing of an output of "
                f"{shape_text([length + 2 * int(self.padding) for length in lengths])}",
                "use a smaller `padding`, or a larger `kernel` or `stride`",
            )
        weights = (channels, self.filters // self.groups, *self.kernel)
        multiplications = size(shape) * size(weights[1:])
        parameters = self._parameters(weights, self.filters // self.groups, channels // self.groups)
        return Declaration((self.filters, *lengths), parameters, multiplications=multiplications)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        convolution, b = self._convolution(x), p.b if self.bias else None
        windows = convolution.windows
        y = ctx.buffer("y", (self.filters, windows.rows.length, windows.columns.length, x.shape[-1]))
        return forward_into(y, lambda x: convolution.spread(x, p.W, b, y, ctx))

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        convolution = self._convolution(ctx.x)
        dx = ctx.buffer("dx", ctx.x.shape) if ctx.needs_input_gradient else None

        def calls(x: Array, dy: Array) -> Iterator[Call]:
            if self.bias:
                image = yield from in_c_order(dy, "dy", ctx)
                yield partial(ctx.batch_sum, image.reshape(self.filters, -1, copy=False), g.b)
            features = yield from in_c_order(x, "x", ctx)
            yield from convolution.filter_gradient(dy, features, g.W, ctx)
            if dx is not None:
                yield from convolution.filter(dy, p.W, None, dx, ctx)

        prepared = Prepared(calls)

        def backward(dy: Array) -> Array | None:
            prepared.run(ctx.x, dy)
            return dx

        return backward

    def _convolution(self, x: Array) -> Convolution:
        """The convolution whose way back this is: its image is the output, its feature map the input."""
        image = self._lengths(x.shape[1], x.shape[2])
        windows = over(image, self.kernel, self.stride, self.dilation, self.padding)
        return Convolution(windows, self.groups)

    def _lengths(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the output."""
        along = zip((height, width), self.kernel, self.stride, self.dilation, strict=True)
        rows, columns = (self._length(*numbers) for numbers in along)
        return rows, columns

    def _length(self, length: int, kernel: int, stride: int, dilation: int) -> int:
        if self.padding == "same":
            return length * stride
        padding = 0 if self.padding == "valid" else self.padding
        return (length - 1) * stride + extent(kernel, dilation) - 2 * padding
