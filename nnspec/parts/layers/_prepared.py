"""A pass made ready: the calls of NumPy that it takes, with all views that they are handed.

Convolutions and recurrent layers cut dozens of views from inputs, parameters and buffers. From step to step these
are the same: for arrays that lie where others lay before, the calls of then are made again, and no view is cut
anew. Shards gain twice: while one cuts views, no other one can go on.
"""

from collections.abc import Callable, Generator, Iterable
from functools import partial
from operator import is_

import numpy as np

from nnspec.extend import Array, Context, Forward, Shape

Call = Callable[[], object]
"""A function with its arguments, such as ``partial(np.matmul, a, b, out)``: with views, never with a copy, which
would be out of date (``reshape(..., copy=False)``)."""

MOST = 32
"""Places of arrays whose calls are kept: batches lie side by side in memory, a few of them."""

_Place = tuple[tuple[int, Shape], ...]


class Prepared:
    """What is to be done with arrays, as calls for each place that they lie at."""

    def __init__(self, prepare: Callable[..., Iterable[Call]]) -> None:
        """Has nothing ready yet.

        Args:
            prepare: From arrays to calls, in their order. Whatever else these use lies elsewhere in no step.
        """
        self._prepare = prepare
        self._ready: dict[_Place, list[Call] | None] = {}
        self._last: tuple[Array, ...] = ()
        self._calls: list[Call] = []

    def run(self, *arrays: Array) -> None:
        """Makes the calls for these arrays, which are of one shape at all times."""
        if len(self._last) != len(arrays) or not all(map(is_, arrays, self._last)):
            calls = self._kept(arrays)
            if calls is None:
                for call in self._prepare(*arrays):
                    call()
                return
            self._calls, self._last = calls, arrays
        for call in self._calls:
            call()

    def _kept(self, arrays: tuple[Array, ...]) -> list[Call] | None:
        """The calls for arrays at a place that is met once more; None at others, and where there are too many."""
        if len(self._ready) > MOST:
            return None
        place: _Place = ()
        for array in arrays:
            place += ((array.ctypes.data, array.strides),)
        if place not in self._ready:
            # Perhaps it is never met again: some layers make an array anew in each step.
            self._ready[place] = None
            if len(self._ready) > MOST:
                self._ready = dict.fromkeys(self._ready)
            return None
        found = self._ready[place]
        if found is None:
            found = self._ready[place] = list(self._prepare(*arrays))
        return found


def forward_into(y: Array, prepare: Callable[[Array], Iterable[Call]]) -> Forward:
    """A forward pass that fills this array."""
    prepared = Prepared(prepare)

    def forward(x: Array) -> Array:
        prepared.run(x)
        return y

    return forward


def in_c_order(array: Array, name: str, ctx: Context) -> Generator[Call, None, Array]:
    """The array itself where it lies in C order; else what copies it into a buffer of this name, and that."""
    if array.flags.c_contiguous:
        return array
    copy = ctx.buffer(name, array.shape)
    yield partial(np.copyto, copy, array)
    return copy
