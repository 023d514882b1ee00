"""robust: inputs by their median and quartiles, which a few wild values do not move.

    transforms: [robust]

x (*shape, N) -> y (*shape, N);  y = (x - median) / (third quartile - first quartile), each input by itself

An input whose quartiles are one number is only moved.
(P. Huber, Robust Statistics, 1981, section 5.1: median and quartiles as estimates of location and scale)
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

import numpy as np

from nnspec.extend import Array, Context, Transform
from nnspec_tabular._order import quantiles


class Robust(Transform):
    """What `standardize` does with mean and deviation."""

    api: ClassVar[int] = 1
    formulas: ClassVar[Mapping[str, str]] = {"y": "(x - median) / (q3 - q1)"}

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        first, median, third = quantiles(batches, (0.25, 0.5, 0.75))
        spread = third - first
        return {"median": median, "inverse": 1 / np.where(spread > 0, spread, 1)}

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        out = ctx.buffer_like("y", x)
        np.subtract(x, fitted["median"].astype(ctx.dtype), out=out, casting="same_kind")
        out *= fitted["inverse"].astype(ctx.dtype)
        return out
