"""The logistic function, for any input, and its slope."""

from functools import cache

import numpy as np

from nnspec.extend import Array, DType


@cache
def _one(dtype: DType) -> Array:
    """1 as an array of a type: NumPy takes 0.3 microseconds longer to make sense of a number of Python's."""
    return np.array(1, dtype)


def logistic(x: Array, out: Array) -> None:
    """Writes 1 / (1 + exp(-x)) to ``out``; exactly 0 from where exp overflows, by way of 1 / infinity."""
    np.negative(x, out)
    np.exp(out, out)
    one = _one(out.dtype)
    np.add(out, one, out)
    # In half of the time that `reciprocal` takes.
    np.divide(one, out, out)


def logistic_slope(y: Array, out: Array) -> None:
    """Writes y (1 - y), the slope of the logistic function whose value is ``y``, to ``out``."""
    np.subtract(_one(out.dtype), y, out)
    np.multiply(out, y, out)
