"""The logistic function, for any input, and its slope."""

from functools import cache
from typing import NamedTuple

import numpy as np

from nnspec.extend import Array, DType

# exp of more overflows float32. The output there, 1.6e-38, is still a normal number.
LARGEST_EXPONENT = 87.0


class _Constants(NamedTuple):
    """Numbers as arrays of one type: NumPy takes 0.3 microseconds longer to make sense of a number of Python's."""

    largest_exponent: Array
    one: Array


@cache
def _constants(dtype: DType) -> _Constants:
    return _Constants(np.array(LARGEST_EXPONENT, dtype), np.array(1, dtype))


def logistic(x: Array, out: Array) -> None:
    """Writes 1 / (1 + exp(-x)) to ``out``."""
    constants = _constants(out.dtype)
    np.negative(x, out=out)
    np.minimum(out, constants.largest_exponent, out=out)
    np.exp(out, out=out)
    np.add(out, constants.one, out=out)
    np.reciprocal(out, out=out)


def logistic_slope(y: Array, out: Array) -> None:
    """Writes y (1 - y), the slope of the logistic function whose value is ``y``, to ``out``."""
    np.subtract(_constants(out.dtype).one, y, out=out)
    np.multiply(out, y, out=out)
