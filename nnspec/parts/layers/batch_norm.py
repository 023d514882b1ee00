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

from nnspec.extend import Array, Context, Declaration, Field, Parameters, Shape, ShapeError, State
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

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        cells = _channels(x)
        if ctx.training:
            mean = ctx.sum_over_shards(_sum(cells, "mean", ctx))
            mean /= _count(cells, ctx)
        else:
            mean = ctx.state.mean
        centred = np.subtract(cells, mean, out=ctx.buffer("centred", cells.shape))
        if ctx.training:
            variance = ctx.sum_over_shards(_product_sum(centred, centred, "variance", ctx))
            variance /= _count(cells, ctx)
            self._follow(ctx.state.mean, mean)
            self._follow(ctx.state.variance, variance)
        else:
            variance = ctx.state.variance
        inverse = np.add(variance, self.epsilon, out=ctx.buffer("inverse", mean.shape))
        np.reciprocal(np.sqrt(inverse, out=inverse), out=inverse)
        factor = np.multiply(inverse, p.gamma, out=ctx.buffer("factor", mean.shape)) if self.affine else inverse
        y = np.multiply(centred, factor, out=ctx.buffer("y", cells.shape))
        if self.affine:
            y += p.beta
        return y.reshape(x.shape)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        cells = _channels(dy)
        centred, inverse = ctx.buffer("centred", cells.shape), ctx.buffer("inverse", ctx.state.mean.shape)
        # Σ dy x̂, where x̂ is centred x times the inverse of the deviation.
        slope = _product_sum(cells, centred, "slope", ctx)
        slope *= inverse
        offset = _sum(cells, "offset", ctx)
        if self.affine:
            g.gamma[...] = slope
            g.beta[...] = offset
        if not ctx.needs_input_gradient:
            return None
        factor = ctx.buffer("factor", inverse.shape) if self.affine else inverse
        # Centred x was read for the last time; its memory is in the cache, another buffer's is not.
        dx = centred
        if ctx.training:
            ctx.sum_over_shards(slope)
            ctx.sum_over_shards(offset)
            slope *= inverse
            slope /= _count(cells, ctx)
            offset /= _count(cells, ctx)
            dx *= slope
            dx += offset
            np.subtract(cells, dx, out=dx)
            dx *= factor
        else:
            np.multiply(cells, factor, out=dx)
        return dx.reshape(dy.shape)

    def _follow(self, running: Array, now: Array) -> None:
        running *= self.momentum
        running += (1 - self.momentum) * now


def _channels(x: Array) -> Array:
    """Steps, channels and all that one mean of a channel and step runs over: (T or 1, C, M)."""
    return x if x.ndim == 3 else x.reshape(1, x.shape[0], -1)


def _count(cells: Array, ctx: Context) -> float:
    """Numbers in one mean, those of the other shards included."""
    steps, places = len(cells), int(cells.shape[2])
    return steps * places / ctx.share


def _sum(cells: Array, name: str, ctx: Context) -> Array:
    """Σ x for each channel, (C, 1)."""
    return _total(ctx.batch_sum(cells, out=ctx.buffer("sums", (*cells.shape[:2], 1)))[..., 0], name, ctx)


def _product_sum(a: Array, b: Array, name: str, ctx: Context) -> Array:
    """Σ a b for each channel, (C, 1)."""
    return _total(np.vecdot(a, b, out=ctx.buffer("products", a.shape[:2])), name, ctx)


def _total(sums: Array, name: str, ctx: Context) -> Array:
    """Sums of each step (T, C) as sums of each channel, (C, 1), in a buffer of this name."""
    total = ctx.buffer(name, (sums.shape[1], 1))
    np.add.reduce(sums, axis=0, out=total[:, 0])
    return total
