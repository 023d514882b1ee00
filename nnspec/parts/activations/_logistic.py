"""The logistic function, for any input."""

import numpy as np

from nnspec.extend import Array

# exp of more overflows float32. The output there, 1.6e-38, is still a normal number.
LARGEST_EXPONENT = 87.0


def logistic(x: Array, out: Array) -> None:
    """Writes 1 / (1 + exp(-x)) to ``out``."""
    np.negative(x, out=out)
    np.minimum(out, LARGEST_EXPONENT, out=out)
    np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)
