"""Gates of recurrent cells: the logistic function, slopes, and biases that start above 0."""

from collections.abc import Iterator
from functools import cache, partial
from typing import Annotated

import numpy as np

from nnspec.extend import Array, DType, Field, Initializer, PartOf, Random, Tie
from nnspec.parts.layers._prepared import Call


def logistic_of_tanh(y: Array) -> Iterator[Call]:
    """What turns y = tanh(z / 2) into (1 + y) / 2 = 1 / (1 + exp(-z)), in place.

    Tanh takes half the time of exp, and nothing overflows. Where logistic gates have their weights halved
    beforehand, one call of it does for all gates of a cell.
    """
    half = _number(0.5, y.dtype)
    yield partial(np.multiply, y, half, y)
    yield partial(np.add, y, half, y)


def logistic_slope(y: Array, out: Array) -> Iterator[Call]:
    """What makes the slope y (1 - y) of the logistic function whose value is ``y``."""
    yield partial(np.multiply, y, y, out)
    yield partial(np.subtract, y, out, out)


def tanh_slope(y: Array, out: Array) -> Iterator[Call]:
    """What makes the slope 1 - y² of the hyperbolic tangent whose value is ``y``."""
    yield partial(np.multiply, y, y, out)
    yield partial(np.subtract, _number(1, out.dtype), out, out)


@cache
def _number(number: float, dtype: DType) -> Array:
    """A number as an array: NumPy takes 0.3 microseconds longer to make sense of one of Python's, and buffers."""
    return np.array(number, dtype)


class EachGate(Initializer):
    """Fills the rows of each gate by themselves, as if each gate were a layer, and raises them."""

    filled: Annotated[PartOf[Initializer], Field(description="fills the rows of a gate")]
    raised: Annotated[tuple[float, ...], Field(description="what is then added, gate by gate")]

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        for rows, amount in zip(np.split(out, len(self.raised)), self.raised, strict=True):
            self.filled.fill(rows, fan_in, fan_out, random)
            np.add(rows, amount, out=rows)

    def tie(self) -> Tie | None:
        return self.filled.tie()
