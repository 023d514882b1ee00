"""winsorize: what lies beyond a quantile is moved to it.

    transforms: [winsorize]
    transforms: [winsorize: 0.05]       # the lowest and the highest twentieth of each input

x (*shape, N) -> y (*shape, N);  y = min(max(x, low), high), the quantiles `share` and 1 - `share` of each input
(C. Winsor's way with outliers, as told by J. Tukey, The Future of Data Analysis, 1962, section 14)
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Field, Transform
from nnspec_tabular._order import quantiles


class Winsorize(Transform):
    """Wild values stay in, and count no more than the largest tame one."""

    api: ClassVar[int] = 1
    primary: ClassVar[str | None] = "share"
    formulas: ClassVar[Mapping[str, str]] = {"y": "min(max(x, low), high)"}

    share: Annotated[float, Field(gt=0, lt=0.5, description="how many values count as wild at each end")] = 0.01

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        low, high = quantiles(batches, (self.share, 1 - self.share))
        return {"low": low, "high": high}

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        out = ctx.buffer_like("y", x)
        np.maximum(x, fitted["low"].astype(ctx.dtype), out=out, casting="same_kind")
        np.minimum(out, fitted["high"].astype(ctx.dtype), out=out)
        return out
