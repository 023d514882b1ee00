"""The ramp from 0 to 1 behind hard_sigmoid and hard_swish."""

import numpy as np

from nnspec.extend import Array


def ramp(x: Array, out: Array, slope: float, middle: float) -> None:
    """Writes ``slope x + middle``, kept between 0 and 1, to ``out``."""
    np.multiply(x, slope, out=out)
    out += middle
    np.clip(out, 0, 1, out=out)


def on_the_ramp(y: Array, out: Array, scratch: Array) -> None:
    """Writes 1 to ``out`` where the ramp's value ``y`` is strictly between 0 and 1, else 0."""
    # Masks in the arrays' own type: multiplying by booleans would convert them through a temporary.
    np.greater(y, 0, out=out)
    np.less(y, 1, out=scratch)
    out *= scratch
