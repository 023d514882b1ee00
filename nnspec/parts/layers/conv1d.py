"""conv1d: filters that move along a sequence.

    layers:
      - conv1d: 16
      - conv1d: {filters: 32, kernel: 5, stride: 2, padding: same, activation: relu}

x (T, F, N) -> y (T', O, N);  W (O, F / groups, k), b (O, 1)

y[t, o] = b[o] + Σ_fi W[o, f, i] x[stride t + dilation i, f], x with its padding; gradients as in conv2d
(V. Dumoulin and F. Visin, A Guide to Convolution Arithmetic for Deep Learning, 2016, chapters 2 and 4)
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Backward,
    Context,
    Declaration,
    Field,
    Forward,
    Parameters,
    PositiveInt,
    Shape,
    require_sequence,
    size,
)
from nnspec.parts.layers._axis import axis
from nnspec.parts.layers._convolution import Convolution
from nnspec.parts.layers._filters import Filters
from nnspec.parts.layers._prepared import Call, Prepared, forward_into
from nnspec.parts.layers._refusals import require_groups, require_windows
from nnspec.parts.layers._windows import Windows

ONE_ROW = axis(1, 1, 1, 1, "valid")


class Conv1d(Filters):
    """Looks for the same patterns at every step of a sequence: as an image of one row, features as channels."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "Σ W x over each window + b",
        "W": "Σ dy x over all windows",
        "b": "Σ dy over all windows",
        "x": "Σ W dy over the windows that see x",
    }

    kernel: Annotated[PositiveInt, Field(description="steps that a filter spans")] = 3
    stride: Annotated[PositiveInt, Field(description="steps from one window to the next")] = 1
    dilation: Annotated[PositiveInt, Field(description="steps from one cell of a window to its next")] = 1

    def declare(self, shape: Shape) -> Declaration:
        steps, features = require_sequence("conv1d", shape)
        require_groups("conv1d", self.groups, features)
        windows = self._windows(steps)
        require_windows("conv1d", {"long": windows.columns}, "sequence")
        output = (windows.columns.windows, self.filters)
        weights = (self.filters, features // self.groups, self.kernel)
        multiplications = size(output) * size(weights[1:])
        return Declaration(
            output,
            self._parameters(weights, self.filters // self.groups, weights[1]),
            multiplications=multiplications,
        )

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        convolution, W, b = self._convolution(x), p.W[:, :, np.newaxis], p.b if self.bias else None
        y = ctx.buffer("y", (convolution.windows.columns.windows, self.filters, x.shape[-1]))
        return forward_into(y, lambda x: convolution.filter(_as_image(x), W, b, _as_image(y), ctx))

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        convolution, W = self._convolution(ctx.x), p.W[:, :, np.newaxis]
        # In the order of an image, where the steps of a filter lie side by side.
        features = ctx.buffer("dy", (self.filters, 1, len(dy), dy.shape[-1]))
        dx = ctx.buffer("dx", ctx.x.shape) if ctx.needs_input_gradient else None

        def calls(x: Array, dy: Array) -> Iterator[Call]:
            yield partial(np.copyto, features, _as_image(dy))
            if self.bias:
                yield partial(ctx.batch_sum, features.reshape(self.filters, -1, copy=False), g.b)
            yield from convolution.filter_gradient(_as_image(x), features, g.W[:, :, np.newaxis], ctx)
            if dx is not None:
                yield from convolution.spread(_as_image(dy), W, None, _as_image(dx), ctx)

        prepared = Prepared(calls)

        def backward(dy: Array) -> Array | None:
            prepared.run(ctx.x, dy)
            return dx

        return backward

    def _convolution(self, x: Array) -> Convolution:
        return Convolution(self._windows(x.shape[0]), self.groups)

    def _windows(self, steps: int) -> Windows:
        return Windows(ONE_ROW, axis(steps, self.kernel, self.stride, self.dilation, self.padding))


def _as_image(sequence: Array) -> Array:
    """(T, F, N) as (F, 1, T, N), a view."""
    return sequence.swapaxes(0, 1)[:, np.newaxis]
