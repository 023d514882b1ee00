"""Normalization of each sample by itself: what layer_norm and group_norm have in common."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Parameters, Shape, factor_text, number_text
from nnspec.parts.layers._normalization import Normalization


class SampleNormalization(Normalization):
    """The same in training and outside it, and for any batch; a subclass says which numbers go together."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "γ (x - μ) / √(σ² + ε) + β",
        "gamma": "Σ dy x̂",
        "beta": "Σ dy",
        "x": "(γ dy - mean γ dy - x̂ mean γ dy x̂) / √(σ² + ε)",
    }

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        standard = standardize(x.reshape(self._grouping(x.shape)), self.epsilon, ctx).reshape(x.shape)
        if not self.affine:
            return standard
        y = np.multiply(standard, self._beside(p.gamma, x), out=ctx.buffer("y", x.shape))
        y += self._beside(p.beta, x)
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        grouping = self._grouping(dy.shape)
        d = ctx.buffer("dx", dy.shape)
        if self.affine:
            np.multiply(dy, ctx.buffer("standard", grouping).reshape(dy.shape), out=d)
            self._sum(d, g.gamma, ctx)
            self._sum(dy, g.beta, ctx)
        if not ctx.needs_input_gradient:
            return None
        if self.affine:
            np.multiply(dy, self._beside(p.gamma, dy), out=d)
        else:
            d[...] = dy
        standardize_gradient(d.reshape(grouping), ctx)
        return d

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity != "y":
            return ""
        x = values["x"]
        together = self._together(x, index)
        deviation = f"√({number_text(together.var())} + {number_text(self.epsilon)})"
        standard = f"({number_text(x[index])} - {factor_text(together.mean())}) / {deviation}"
        if not self.affine:
            return standard
        gamma, beta = (
            np.broadcast_to(self._beside(values[name], x[..., np.newaxis])[..., 0], x.shape)[index]
            for name in ("gamma", "beta")
        )
        return f"{factor_text(gamma)}·{standard} + {factor_text(beta)}"

    def _together(self, x: Array, index: tuple[int, ...]) -> Array:
        """The numbers of a sample that one of them shares its mean with."""
        before, groups, behind, _ = self._grouping((*x.shape, 1))
        _, group, _ = np.unravel_index(np.ravel_multi_index(index, x.shape), (before, groups, behind))
        return x.reshape(before, groups, behind)[:, group]

    def _grouping(self, shape: Shape) -> Shape:
        """The batch's shape as (A, G, D, N): for each of G groups and N samples, A times D numbers go together."""
        raise NotImplementedError

    def _shared(self, x: Array) -> tuple[int, ...]:
        """The axes along which γ and β are the same, the batch not counted."""
        raise NotImplementedError

    def _beside(self, parameter: Array, x: Array) -> Array:
        """γ or β in a shape that goes with a batch, a view."""
        return np.expand_dims(parameter[..., 0], (*self._shared(x), x.ndim - 1))

    def _sum(self, x: Array, out: Array, ctx: Context) -> None:
        """Over the batch, and over the axes along which γ and β are the same."""
        sums = ctx.buffer("sums", x.shape[:-1])
        ctx.batch_sum(x.reshape(-1, x.shape[-1]), out=sums.reshape(-1, 1))
        np.add.reduce(sums, axis=self._shared(x), out=out[..., 0])


def standardize(x: Array, epsilon: float, ctx: Context) -> Array:
    """Brings numbers to mean 0 and variance 1, each group of them on its own.

    Args:
        x: (A, G, D, N): for each of G groups and N samples, A times D numbers make up one mean.
        epsilon: Added to the variances.
        ctx: Buffers; `standardize_gradient` finds there what it needs.

    Returns:
        x̂, (A, G, D, N).
    """
    standard = ctx.buffer("standard", x.shape)
    inverse = ctx.buffer("inverse", (1, x.shape[1], 1, x.shape[3]))
    np.subtract(x, _mean(x, "mean", ctx), out=standard)
    squares = np.multiply(standard, standard, out=ctx.buffer("scratch", x.shape))
    np.add(_mean(squares, "mean", ctx), epsilon, out=inverse)
    np.sqrt(inverse, out=inverse)
    np.reciprocal(inverse, out=inverse)
    standard *= inverse
    return standard


def standardize_gradient(dy: Array, ctx: Context) -> Array:
    """The gradient by the input of the last `standardize`, given that by its result; ``dy`` is overwritten.

    dC/dx = (dy - mean of dy - x̂ mean of dy x̂) / √(σ² + ε)
    """
    standard = ctx.buffer("standard", dy.shape)
    scratch = ctx.buffer("scratch", dy.shape)
    np.multiply(dy, standard, out=scratch)
    np.multiply(standard, _mean(scratch, "slope", ctx), out=scratch)
    dy -= _mean(dy, "mean", ctx)
    dy -= scratch
    dy *= ctx.buffer("inverse", (1, dy.shape[1], 1, dy.shape[3]))
    return dy


def _mean(x: Array, name: str, ctx: Context) -> Array:
    """The means of (A, G, D, N) over A and D, (1, G, 1, N)."""
    mean = ctx.buffer(name, (1, x.shape[1], 1, x.shape[3]))
    np.add.reduce(x, axis=(0, 2), keepdims=True, out=mean)
    mean *= 1 / (x.shape[0] * x.shape[2])
    return mean
