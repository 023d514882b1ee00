"""spectrum: how much power each frequency of a signal has.

    layers:
      - spectrum: {}
      - spectrum: {window: none, log: false}

x (T, F, N) -> y (T // 2 + 1, F, N)

z = the Fourier transform of w x;  power = |z|² / T;  y = ln(power + ε), or the power itself
dC/dx = 2 w Re(the backward transform of (dC/dpower) z) / T
window hann: w_t = sin²(π (t + 1/2) / T), which keeps a tone between two frequencies from leaking into all others
(F. Harris, On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform, 1978)
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Context, Declaration, DType, Field, Layer, Parameters, PositiveFloat, Shape
from nnspec_signal._signals import signal


class Spectrum(Layer):
    """Where a wave stands does not matter behind it, only how fast and how strong it is."""

    api: ClassVar[int] = 1
    formulas: ClassVar[Mapping[str, str]] = {"y": "ln(|z|² / T + ε)"}

    window: Annotated[Literal["hann", "none"], Field(description="fades both ends of the signal out")] = "hann"
    log: Annotated[bool, Field(description="the logarithm of the power, as the ear has it")] = True
    epsilon: Annotated[PositiveFloat, Field(description="ε, the power below which all is silence")] = 1e-3

    def declare(self, shape: Shape) -> Declaration:
        steps, channels = signal("spectrum", shape)
        return Declaration((steps // 2 + 1, channels))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        steps = len(x)
        windowed = np.multiply(x, self._window(steps, ctx.dtype), out=ctx.buffer("windowed", x.shape))
        waves = ctx.buffer("waves", (steps // 2 + 1, *x.shape[1:]), np.result_type(ctx.dtype, np.complex64))
        waves[...] = np.fft.rfft(windowed, axis=0)
        power = ctx.buffer("power", waves.shape)
        np.multiply(waves.real, waves.real, out=power)
        power += waves.imag * waves.imag
        power /= steps
        if not self.log:
            return power
        power += self.epsilon
        return np.log(power, out=ctx.buffer("y", power.shape))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        steps = len(ctx.x)
        waves = ctx.buffer("waves", dy.shape, np.result_type(ctx.dtype, np.complex64))
        by_power = dy / ctx.buffer("power", dy.shape) if self.log else dy
        # The backward transform counts every frequency twice, but these two, which are their own mirror images.
        doubled = np.full((len(dy), 1, 1), 1.0, ctx.dtype)
        doubled[0] = 2
        if steps % 2 == 0:
            doubled[-1] = 2
        dx = ctx.buffer("dx", ctx.x.shape)
        dx[...] = np.fft.irfft(waves * (by_power * doubled), steps, axis=0)
        dx *= self._window(steps, ctx.dtype)
        return dx

    def _window(self, steps: int, dtype: DType) -> Array:
        return hann(steps, dtype) if self.window == "hann" else np.ones((1, 1, 1), dtype)


@lru_cache(maxsize=32)
def hann(steps: int, dtype: DType) -> Array:
    """The window, (steps, 1, 1)."""
    window = (np.sin(np.pi * (np.arange(steps) + 0.5) / steps) ** 2).astype(dtype).reshape(-1, 1, 1)
    window.flags.writeable = False
    return window
