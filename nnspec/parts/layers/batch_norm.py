"""batch_norm: each channel brought to mean 0 and variance 1 over the batch.

    layers:
      - conv2d: {filters: 16, bias: false}
      - batch_norm
      - relu
      - batch_norm: {momentum: 0.99, epsilon: 0.001, affine: false}

x (C, ..., N) -> y (C, ..., N), or (T, F, N) -> (T, F, N) with features as channels;  γ, β (C, 1)

y = γ x̂ + β,  x̂ = (x - μ) / √(σ² + ε);  μ and σ² over batch and places in training, outside it the running ones
dC/dγ = Σ dy x̂,  dC/dβ = Σ dy,  dC/dx = γ / √(σ² + ε) (dy - dC/dβ / M - x̂ dC/dγ / M), M the numbers in a mean
A step in shards takes its mean, its variance and their gradients over all of them: the whole batch counts.
(S. Ioffe and C. Szegedy, Batch Normalization, 2015; running r <- m r + (1 - m) μ or σ², m = momentum, as in ONNX)
"""

from collections.abc import Mapping
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
    Shape,
    ShapeError,
    State,
)
from nnspec.parts.layers._normalization import Normalization


class BatchNorm(Normalization):
    """Lets deep stacks train at high rates; running statistics are the layer's state."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "γ (x - μ) / √(σ² + ε) + β",
        "gamma": "Σ dy x̂",
        "beta": "Σ dy",
        "x": "γ / √(σ² + ε) (dy - mean dy - x̂ mean dy x̂)",
    }

    momentum: Annotated[
        float, Field(ge=0, lt=1, description="m, the part of the running statistics that a step keeps")
    ] = 0.9

    def declare(self, shape: Shape) -> Declaration:
        if not shape:
            raise ShapeError("batch_norm needs channels to normalize", "put a layer before it that has some")
        channels = (shape[1 if len(shape) == 2 else 0], 1)
        state = {"mean": State(channels), "variance": State(channels, fill=1.0)}
        return Declaration(shape, self._parameters(channels), state)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        shape = _channels(x).shape
        numbers, y, factor, inverse = _Numbers(shape, ctx), ctx.buffer("y", shape), *_scales(shape, ctx)
        centred, state, as_x = ctx.buffer("centred", shape), ctx.state, y.reshape(x.shape, copy=False)

        def forward(x: Array) -> Array:
            cells = _channels(x)
            if ctx.training:
                mean, variance = numbers.taken(cells, centred)
                self._follow(state.mean, mean)
                self._follow(state.variance, variance)
            else:
                variance = state.variance
                np.subtract(cells, state.mean, centred)
            np.add(variance, self.epsilon, inverse)
            np.reciprocal(np.sqrt(inverse, inverse), inverse)
            np.multiply(inverse, p.gamma if self.affine else 1.0, factor)
            np.multiply(centred, factor, y)
            if ctx.training and numbers.shared:
                offset = np.multiply(numbers.apart, factor, numbers.offset)
                np.add(y, np.add(offset, p.beta, offset) if self.affine else offset, y)
            elif self.affine:
                np.add(y, p.beta, y)
            return as_x

        return forward

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        shape = _channels(dy).shape
        numbers, factor, inverse = _Numbers(shape, ctx), *_scales(shape, ctx)
        # Centred x is read for the last time; its memory is in the cache, another buffer's is not.
        centred = dx = ctx.buffer("centred", shape)
        sums = ctx.buffer("slope and offset", (2, shape[1], 1))
        slope, offset = sums
        as_dy = dx.reshape(dy.shape, copy=False)

        def backward(dy: Array) -> Array | None:
            cells = _channels(dy)
            _sum(cells, offset, ctx)
            # Σ dy x̂, where x̂ is centred x times the inverse of the deviation.
            _product_sum(cells, centred, slope, ctx)
            if ctx.training and numbers.shared:
                np.add(slope, np.multiply(offset, numbers.apart, numbers.offset), slope)
            np.multiply(slope, inverse, slope)
            if self.affine:
                g.gamma[...] = slope
                g.beta[...] = offset
            if not ctx.needs_input_gradient:
                return None
            if not ctx.training:
                np.multiply(cells, factor, dx)
                return as_dy
            ctx.sum_over_shards(sums)
            np.divide(sums, numbers.count, sums)
            np.multiply(slope, inverse, slope)
            if numbers.shared:
                np.add(offset, np.multiply(slope, numbers.apart, numbers.offset), offset)
            np.multiply(centred, slope, dx)
            np.add(dx, offset, dx)
            np.subtract(cells, dx, dx)
            np.multiply(dx, factor, dx)
            return as_dy

        return backward

    def _follow(self, running: Array, now: Array) -> None:
        running *= self.momentum
        running += (1 - self.momentum) * now


class _Numbers:
    """Means and variances of a training step, over all of its shards.

    Attributes:
        shared: Whether there are others.
        count: Numbers in one mean, those of the other shards included.
        apart: How far the shard's own mean, by which numbers are centred, lies from that of all, (C, 1).
        offset: Room for what follows from that, (C, 1).
    """

    def __init__(self, shape: Shape, ctx: Context) -> None:
        """Looks up buffers for numbers of a shape (T or 1, C, M)."""
        steps, channels, places = shape
        self.shared = ctx.share < 1
        self.count = steps * places / ctx.share
        self.apart, self.offset = (ctx.buffer(name, (channels, 1)) for name in ("apart", "offset"))
        self._own = steps * places
        self._mean, self._variance = (ctx.buffer(name, (channels, 1)) for name in ("mean", "variance"))
        self._moments = ctx.buffer("moments", (3, channels, 1))
        self._ctx = ctx

    def taken(self, cells: Array, centred: Array) -> tuple[Array, Array]:
        """Mean and variance of each channel, (C, 1); fills in what is centred by the shard's own mean."""
        mean, variance = self._mean, self._variance
        _sum(cells, mean, self._ctx)
        np.divide(mean, self._own, mean)
        np.subtract(cells, mean, centred)
        _product_sum(centred, centred, variance, self._ctx)
        np.divide(variance, self._own, variance)
        if self.shared:
            self._join()
        return mean, variance

    def _join(self) -> None:
        """From mean and variance of the shard to those of all; the shards wait for one another once.

        σ² = Σ s (σ_s² + (μ_s - μ)²), s the shares of the shards: no squares of means are taken from one another.
        """
        np.stack((self._mean, self._variance, np.full_like(self._mean, self._ctx.share)), out=self._moments)
        means, variances, shares = self._ctx.gather_over_shards(self._moments).swapaxes(0, 1)
        np.copyto(self.apart, self._mean)
        np.add.reduce(shares * means, axis=0, out=self._mean)
        np.subtract(self.apart, self._mean, self.apart)
        np.add.reduce(shares * (variances + np.square(means - self._mean)), axis=0, out=self._variance)


def _scales(shape: Shape, ctx: Context) -> tuple[Array, Array]:
    """What centred numbers are multiplied by, and 1 / √(σ² + ε): (C, 1) each."""
    return ctx.buffer("factor", (shape[1], 1)), ctx.buffer("inverse", (shape[1], 1))


def _channels(x: Array) -> Array:
    """Steps, channels and all that one mean of a channel and step runs over: (T or 1, C, M)."""
    return x if x.ndim == 3 else x.reshape(1, x.shape[0], -1)


def _sum(cells: Array, out: Array, ctx: Context) -> None:
    """Σ x for each channel, (C, 1)."""
    _total(ctx.batch_sum(cells, ctx.buffer("sums", (*cells.shape[:2], 1)))[..., 0], out)


def _product_sum(a: Array, b: Array, out: Array, ctx: Context) -> None:
    """Σ a b for each channel, (C, 1)."""
    _total(np.vecdot(a, b, out=ctx.buffer("products", a.shape[:2])), out)


def _total(sums: Array, out: Array) -> None:
    """Sums of each step (T, C) as sums of each channel, (C, 1)."""
    np.add.reduce(sums, axis=0, out=out[:, 0])
