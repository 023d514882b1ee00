"""mixup: in training, each sample is mixed with another one, and so are their targets.

    transforms: [scale, mixup]
    transforms: [scale, standardize: all, mixup: 0.4]

x (*shape, N) -> y (*shape, N), in the network's type;  t (*output, N) -> u
y_n = λ_n x_n + (1 - λ_n) x_m,  u_n = λ_n t_n + (1 - λ_n) t_m,  λ_n drawn from Beta(α, α);  y = x outside training
Partners m are the samples in another order, drawn anew for each part of an epoch. Put it behind `scale`, since
bytes leave as numbers of the same size, and take a cost for targets between 0 and 1, as the cross-entropies are.
(H. Zhang and others, mixup: Beyond Empirical Risk Minimization, 2018, with a λ for each sample)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Field, PositiveFloat, Transform
from nnspec.parts.transforms._images import batch_last, samples_first


class Mixup(Transform):
    """Makes a network answer in proportion between samples; for inputs of any shape, classes or numbers."""

    primary: ClassVar[str | None] = "alpha"

    alpha: Annotated[
        PositiveFloat, Field(description="α: near 0 hardly anything is mixed, 1 mixes in any share alike")
    ] = 0.2

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        samples = x.shape[-1]
        if not ctx.training:
            out = batch_last(samples_first("y", x.shape[:-1], samples, ctx))
            np.copyto(out, x)
            return out
        ctx.buffer("partners", (samples,), np.intp)[:] = ctx.random.permutation(samples)
        ctx.buffer("shares", (samples,))[:] = ctx.random.beta(self.alpha, self.alpha, samples)
        return _mixed(x, "y", ctx)

    def targets(self, t: Array, ctx: Context) -> Array:
        return _mixed(t, "u", ctx)


def _mixed(values: Array, name: str, ctx: Context) -> Array:
    """λ v_n + (1 - λ) v_m by the partners m and shares λ that were drawn last."""
    samples = values.shape[-1]
    partners, shares = ctx.buffer("partners", (samples,), np.intp), ctx.buffer("shares", (samples,))
    rows = samples_first(f"{name} of partners", values.shape[:-1], samples, ctx, values.dtype)
    # mode="clip" writes straight to `out`; the default mode goes through a buffer.
    np.take(values.transpose(-1, *range(values.ndim - 1)), partners, axis=0, out=rows, mode="clip")
    out = batch_last(samples_first(name, values.shape[:-1], samples, ctx))
    np.subtract(values, batch_last(rows), out=out, dtype=ctx.dtype)
    out *= shares
    return np.add(out, batch_last(rows), out=out)
