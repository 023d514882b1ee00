"""one_hot: each whole number becomes a column with a single 1.

    transforms: [one_hot: 4]     # inputs are numbers from 0 to 3

x (F, N) -> y (F · classes, N)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    DataError,
    Field,
    PositiveInt,
    Shape,
    ShapeError,
    Transform,
    shape_text,
)


class OneHot(Transform):
    """For inputs that are codes; class labels become one-hot targets by themselves."""

    primary: ClassVar[str | None] = "classes"

    classes: Annotated[PositiveInt, Field(description="how many codes there are: 0 to classes - 1")]

    def shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"one_hot takes one row of codes a sample, not {shape_text(shape)}",
                "give `input` as one number",
            )
        return (shape[0] * self.classes,)

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        with np.errstate(invalid="ignore"):
            codes = x.astype(np.intp)
        if (codes != x).any() or codes.min(initial=0) < 0 or codes.max(initial=0) >= self.classes:
            raise DataError(f"one_hot expects whole numbers from 0 to {self.classes - 1}")
        features, samples = x.shape
        out = ctx.buffer("y", (features, self.classes, samples))
        out.fill(0)
        np.put_along_axis(out, codes[:, np.newaxis, :], 1, axis=1)
        return out.reshape(features * self.classes, samples)
