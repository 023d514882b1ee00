"""dct: the cosine transform of each channel, or its first coefficients.

    layers:
      - dct: {}
      - dct: 16                              # the 16 slowest waves; the rest is dropped
      - dct: {coefficients: 16, inverse: true}

x (T, F, N) -> y (K, F, N)

y = D x,  D[k, t] = c_k sqrt(2 / T) cos(π (t + 1/2) k / T),  c_0 = 1 / sqrt(2), else 1;  dC/dx = Dᵀ dy
inverse: x holds K coefficients, y the T = `coefficients` steps of the signal that they stand for
The rows of D are orthonormal: what is dropped is the fastest part, and lengths are kept.
(N. Ahmed and others, Discrete Cosine Transform, 1974; type II, scaled to be orthonormal)
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    DType,
    Field,
    Layer,
    Parameters,
    PositiveInt,
    Shape,
    ShapeError,
)
from nnspec_signal._signals import signal


class Dct(Layer):
    """Nothing is trained: slow waves first, and as few of them as one likes."""

    api: ClassVar[int] = 1
    primary: ClassVar[str | None] = "coefficients"
    formulas: ClassVar[Mapping[str, str]] = {"y": "D x", "x": "Dᵀ dy"}

    coefficients: Annotated[
        PositiveInt | None,
        Field(
            description="how many to keep; with `inverse`, steps of the signal; by default as many as there are"
        ),
    ] = None
    inverse: Annotated[bool, Field(description="from coefficients back to steps")] = False

    def declare(self, shape: Shape) -> Declaration:
        length, channels = signal("dct", shape)
        outputs = self.coefficients or length
        if not self.inverse and outputs > length:
            raise ShapeError(
                f"{length} steps have {length} coefficients, not {outputs}", f"write `dct: {length}` or less"
            )
        if self.inverse and outputs < length:
            raise ShapeError(
                f"{length} coefficients stand for at least {length} steps, not {outputs}",
                f"write `coefficients: {length}` or more",
            )
        return Declaration((outputs, channels), multiplications=length * outputs * channels)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        matrix = self._matrix(len(x), ctx.dtype)
        return _product(matrix, x, ctx.buffer("y", (len(matrix), *x.shape[1:])))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        return _product(self._matrix(len(ctx.x), ctx.dtype).T, dy, ctx.buffer("dx", ctx.x.shape))

    def _matrix(self, inputs: int, dtype: DType) -> Array:
        outputs = self.coefficients or inputs
        return cosines(inputs, outputs, dtype).T if self.inverse else cosines(outputs, inputs, dtype)


@lru_cache(maxsize=32)
def cosines(waves: int, steps: int, dtype: DType) -> Array:
    """The first rows of the orthonormal matrix of the type II transform, (waves, steps)."""
    matrix = np.cos(np.pi * np.outer(np.arange(waves), np.arange(steps) + 0.5) / steps)
    matrix *= np.sqrt(2 / steps)
    matrix[0] /= np.sqrt(2)
    matrix = matrix.astype(dtype)
    matrix.flags.writeable = False
    return matrix


def _product(matrix: Array, x: Array, out: Array) -> Array:
    """The matrix applied along the first axis of ``x``."""
    columns = np.ascontiguousarray(x).reshape(len(x), -1)
    np.dot(matrix, columns, out=out.reshape(len(out), -1))
    return out
