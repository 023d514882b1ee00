"""What costs share that judge probabilities of classes, alone or fused with softmax."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Cost, Family, LogitJudge, factor_text, number_text
from nnspec.parts.costs._outputs import product_sum

# From here on a probability's logarithm is as good as one made of logits. Those below are no normal numbers of
# float32: they have lost digits, or are 0.
NORMAL = 1.2e-38


class Categorical(Cost):
    """``-Σ t ln y`` and its gradients; subclasses say which targets it is taken with, and what is added.

    Fused with softmax, C = (1/N) Σ_n (log Σ_j exp z_j - Σ_k t_k z_k) and dC/dz = (1/N) (y Σ_k t_k - t).
    """

    family: ClassVar[Family | None] = "categorical"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def targets(self, t: Array, ctx: Context) -> Array:
        """The targets that the outputs are held against."""
        return t

    def offset(self, t: Array, ctx: Context) -> float:
        """What is added to the sum over the batch; it does not depend on the outputs."""
        return 0.0

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        logs = np.maximum(y, np.finfo(y.dtype).tiny, out=ctx.buffer_like("logs", y))
        np.log(logs, out=logs)
        return (self.offset(t, ctx) - product_sum(self.targets(t, ctx), logs, ctx)) / float(y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        # A probability of 0 for what did happen would divide by 0; the floor is as far as float32 reaches.
        out = ctx.buffer_like("dy", y)
        np.maximum(y, np.finfo(y.dtype).tiny, out=out)
        np.divide(self.targets(t, ctx), out, out=out)
        out *= -1 / y.shape[-1]
        return out

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        return self._value_by_logits(z, ctx)(z, y, t, self.targets(t, ctx))

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        return self._gradient_by_logits(z, ctx)(y, self.targets(t, ctx), 1.0)

    def bind_logits(self, z: Array, y: Array, t: Array, ctx: Context) -> LogitJudge:
        value, gradient = self._value_by_logits(z, ctx), self._gradient_by_logits(z, ctx)

        def judge(z: Array, y: Array, t: Array, scale: float) -> tuple[float, Array]:
            against = self.targets(t, ctx)
            return value(z, y, t, against), gradient(y, against, scale)

        return judge

    def _value_by_logits(self, z: Array, ctx: Context) -> Callable[[Array, Array, Array, Array], float]:
        logs, samples = ctx.buffer("logs", z.shape), float(z.shape[-1])

        def value(z: Array, y: Array, t: Array, against: Array) -> float:
            # Where the smallest lies is found in a fifth of the time that `min` takes.
            if y.item(y.argmin()) >= NORMAL:
                np.log(y, logs)
                return (self.offset(t, ctx) - product_sum(against, logs, ctx)) / samples
            return (self.offset(t, ctx) + _surprise(z, against, ctx)) / samples

        return value

    def _gradient_by_logits(self, z: Array, ctx: Context) -> Callable[[Array, Array, float], Array]:
        out, factor = ctx.buffer("dz", z.shape), ctx.buffer("factor", ())
        totals = ctx.buffer("totals", (1, *z.shape[1:]))

        def gradient(y: Array, against: Array, scale: float) -> Array:
            # Spread out first: NumPy goes through a row at a time where it meets many, which takes twice as long.
            out[...] = ctx.class_sum(against, totals)
            np.multiply(y, out, out)
            np.subtract(out, against, out)
            factor.fill(scale / z.shape[-1])
            return np.multiply(out, factor, out)

        return gradient


def _surprise(z: Array, t: Array, ctx: Context) -> float:
    """Σ_n (log Σ_j exp z_j Σ_k t_k - Σ_k t_k z_k), for any logits."""
    peaks = ctx.buffer("peaks", (1, *z.shape[1:]))
    sums = ctx.buffer("sums", (1, *z.shape[1:]))
    shifted = ctx.buffer("shifted", z.shape)
    np.maximum.reduce(z, axis=0, keepdims=True, out=peaks)
    np.subtract(z, peaks, out=shifted)
    hits = product_sum(t, shifted, ctx)
    np.exp(shifted, out=shifted)
    np.add.reduce(shifted, axis=0, keepdims=True, out=sums)
    np.log(sums, out=sums)
    np.add.reduce(t, axis=0, keepdims=True, out=peaks)
    return float(np.vdot(peaks, sums)) - hits


def spell_gradient(quantity: str, y: float, target: str, total: float) -> str:
    """The arithmetic of one gradient by an output or a logit.

    Args:
        quantity: ``y`` or ``z``.
        y: The output.
        target: Its target, spelled out as a factor.
        total: The sum of the sample's targets.
    """
    if quantity == "y":
        return "0" if target == "0" else f"-{target} / {number_text(y)}"
    times = "" if number_text(total) == "1" else f"·{factor_text(total)}"
    return f"{number_text(y)}{times} - {target}"
