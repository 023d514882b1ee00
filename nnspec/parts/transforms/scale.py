"""scale: inputs divided by a number.

    transforms: [scale]          # uint8 pixels from 0..255 to 0..1; other types as they are
    transforms: [scale: 500]     # divided by 500

x (*shape, N) -> y (*shape, N);  y = x / divisor
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Context, Field, PositiveFloat, Transform


class Scale(Transform):
    """The default of every data set: bytes become numbers from 0 to 1."""

    primary: ClassVar[str | None] = "divisor"

    divisor: Annotated[
        PositiveFloat | None,
        Field(description="divides the inputs; by default 255 for bytes, 1 for anything else"),
    ] = None

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        # Fixed by the training data, so that whatever is predicted later is read in the same units.
        first = next(iter(batches))
        return {"divisor": np.array(self.divisor or (255.0 if first.dtype == np.uint8 else 1.0))}

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        divisor = float(fitted["divisor"])
        if divisor == 1 and x.dtype == ctx.dtype:
            return x
        factor = ctx.dtype.type(1 / divisor)
        out = ctx.buffer_like("y", x)
        # Converted first: in one go NumPy would convert piece by piece through a buffer, a quarter slower.
        np.copyto(out, x, casting="same_kind")
        np.multiply(out, factor, out)
        return out
