"""wavelets: a bank of filters that are wavelets; their frequencies and lengths are trained.

    layers:
      - wavelets: 8
      - wavelets: {filters: 16, length: 31, stride: 2, activation: relu}

x (T, F, N) -> y (T', K F, N), K filters for each channel;  frequencies f (K, 1), sharpness a (K, 1)

w_k(l) = exp(-(a_k l)² / 2) cos(2π f_k l) for l = -(L - 1) / 2 ... (L - 1) / 2
y at step t = sum over l of w_k(l) x at step s t + l, zeros beyond the ends, so that T' = T / s, rounded up
dC/dw = the sum of dy x over steps, channels and samples;  dw/da = -a l² w,
dw/df = -2π l exp(-(a l)² / 2) sin(2π f l)
Two trained numbers a filter in place of L: it stays a wave, and one can be told which.
(M. Ravanelli and Y. Bengio, Speaker Recognition from Raw Waveform with SincNet, 2018, with Gabor's window)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnspec.extend import (
    Activation,
    Array,
    Context,
    Declaration,
    Field,
    Initializer,
    Layer,
    Parameter,
    Parameters,
    PartOf,
    PositiveInt,
    Shape,
    by_name,
)
from nnspec_signal._signals import signal


class Wavelets(Layer):
    """Finds the pitches that matter."""

    api: ClassVar[int] = 1
    primary: ClassVar[str | None] = "filters"
    formulas: ClassVar[Mapping[str, str]] = {"y": "the sum of w_k(l) x at step s t + l"}

    filters: Annotated[PositiveInt, Field(description="K, wavelets for each channel")]
    length: Annotated[int, Field(ge=3, le=9999, description="L, steps of a wavelet")] = 15
    stride: Annotated[PositiveInt, Field(description="s, steps from one output to the next")] = 1
    frequencies: Annotated[PartOf[Initializer], Field(description="fills f, in waves per step")] = by_name(
        "octaves"
    )
    sharpness: Annotated[
        PartOf[Initializer], Field(description="fills a, one over the steps that a wave lasts")
    ] = by_name({"constant": 0.2})
    activation: Annotated[PartOf[Activation] | None, Field(description="applied to y")] = None

    def declare(self, shape: Shape) -> Declaration:
        steps, channels = signal("wavelets", shape)
        outputs = -(-steps // self.stride)
        column = (self.filters, 1)
        parameters = {
            "f": Parameter(column, self.frequencies, self.length, self.filters, decays=False),
            "a": Parameter(column, self.sharpness, self.length, self.filters, decays=False),
        }
        products = outputs * self.filters * channels * self.length
        return Declaration((outputs, self.filters * channels), parameters, multiplications=products)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        columns = self._columns(x, ctx)
        waves = self._envelope(p, ctx) * np.cos(self._phases(p, ctx))
        y = ctx.buffer("y", (columns.shape[1], self.filters * x.shape[1], x.shape[2]))
        # (K, L) by (L, T' F N); the filters of a channel stand together in the output.
        found = np.dot(waves, columns.reshape(self.length, -1)).reshape(self.filters, *columns.shape[1:])
        y.reshape(len(y), x.shape[1], self.filters, -1)[...] = found.transpose(1, 2, 0, 3)
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        steps, channels, batch = ctx.x.shape
        columns = ctx.buffer("columns", (self.length, len(dy), channels, batch))
        by_filter = ctx.buffer("dy by filter", (self.filters, len(dy), channels, batch))
        by_filter[...] = dy.reshape(len(dy), channels, self.filters, batch).transpose(2, 0, 1, 3)
        flat = by_filter.reshape(self.filters, -1)
        by_wave = np.dot(flat, columns.reshape(self.length, -1).T)
        envelope, phases, places = self._envelope(p, ctx), self._phases(p, ctx), self._places(ctx)
        by_frequency = by_wave * envelope * np.sin(phases) * (-2 * np.pi * places)
        by_sharpness = by_wave * envelope * np.cos(phases) * (-p.a * places**2)
        np.sum(by_frequency, axis=1, keepdims=True, out=g.f)
        np.sum(by_sharpness, axis=1, keepdims=True, out=g.a)
        if not ctx.needs_input_gradient:
            return None
        spread = np.dot((envelope * np.cos(phases)).T, flat).reshape(columns.shape)
        padded = ctx.buffer("padded dx", self._padded(ctx.x.shape))
        padded.fill(0)
        for place, one in enumerate(spread):
            padded[place : place + self.stride * len(one) : self.stride] += one
        before = (self.length - 1) // 2
        return padded[before : before + steps]

    def expand(self) -> tuple[Layer, ...]:
        return (self,) if self.activation is None else (self, self.activation)

    def _columns(self, x: Array, ctx: Context) -> Array:
        """What each tap of the filters meets, (L, T', F, N)."""
        padded = ctx.buffer("padded x", self._padded(x.shape))
        before = (self.length - 1) // 2
        # Beyond the ends the buffer has held zeros from the start.
        padded[before : before + len(x)] = x
        windows = sliding_window_view(padded, self.length, axis=0)[:: self.stride]
        outputs = -(-len(x) // self.stride)
        columns = ctx.buffer("columns", (self.length, outputs, *x.shape[1:]))
        columns[...] = np.moveaxis(windows, -1, 0)[:, :outputs]
        return columns

    def _padded(self, shape: Shape) -> Shape:
        outputs = -(-shape[0] // self.stride)
        return ((outputs - 1) * self.stride + self.length + self.stride, *shape[1:])

    def _places(self, ctx: Context) -> Array:
        before = (self.length - 1) // 2
        return np.arange(-before, self.length - before, dtype=ctx.dtype)

    def _envelope(self, p: Parameters, ctx: Context) -> Array:
        return np.asarray(np.exp(-0.5 * (p.a * self._places(ctx)) ** 2))

    def _phases(self, p: Parameters, ctx: Context) -> Array:
        return np.asarray(2 * np.pi * p.f * self._places(ctx))
