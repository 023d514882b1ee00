"""normalize: each sample by itself brought to a common scale.

    transforms: [normalize]                 # every sample of length 1
    transforms: [normalize: standard]       # every sample with mean 0 and standard deviation 1
    transforms: [normalize: range]          # every sample from 0 to 1

x (*shape, N) -> y (*shape, N)
length: y = x / √(Σ x²);  standard: y = (x - mean) / std;  range: y = (x - min) / (max - min)
A sample without length, deviation or range becomes 0.
"""

from collections.abc import Callable, Mapping
from math import sqrt
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Context, Field, Transform


class Normalize(Transform):
    """Takes out how bright or loud a sample is as a whole; learns nothing from the training split."""

    primary: ClassVar[str | None] = "to"

    to: Annotated[
        Literal["length", "standard", "range"],
        Field(description="what samples shall have alike: length 1, mean 0 and deviation 1, or bounds 0 and 1"),
    ] = "length"

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        out = ctx.buffer_like("y", x)
        np.copyto(out, x, casting="same_kind")
        each = (*[1] * (x.ndim - 1), x.shape[-1])
        size, offset = ctx.buffer("size", each), ctx.buffer("offset", each)
        floor: Array | float = 0.0
        if self.to == "range":
            _reduce(np.minimum.reduce, out, offset)
            out -= offset
            _reduce(np.maximum.reduce, out, size)
        elif self.to == "standard":
            mean = _mean(out, ctx.buffer("mean", each, np.float64))
            np.copyto(offset, mean, casting="same_kind")
            out -= offset
            _length(out, size, ctx)
            size *= sqrt(mean.size / out.size)
            floor = _rounding(mean, out.size // mean.size)
        else:
            _length(out, size, ctx)
        some = np.greater(size, floor, out=ctx.buffer("some", each, bool))
        out *= some
        return np.divide(out, size, out=out, where=some)


def _reduce(reduction: Callable[..., Any], values: Array, out: Array) -> None:
    """Reduces each sample to one number, in the precision of ``out``."""
    reduction(values, axis=tuple(range(values.ndim - 1)), keepdims=True, dtype=out.dtype, out=out)


def _length(values: Array, out: Array, ctx: Context) -> None:
    squares = np.multiply(values, values, out=ctx.buffer_like("squares", values))
    _reduce(np.add.reduce, squares, out)
    np.sqrt(out, out=out)


def _mean(values: Array, out: Array) -> Array:
    _reduce(np.add.reduce, values, out)
    out /= values.size // out.size
    return out


def _rounding(mean: Array, count: int) -> Array:
    """What is left of numbers that do not vary when their mean is taken off; overwrites the mean."""
    np.abs(mean, out=mean)
    mean *= 8 * sqrt(count) * float(np.finfo(mean.dtype).eps)
    return mean
