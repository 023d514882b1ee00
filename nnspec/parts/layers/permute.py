"""permute: the axes of a sample in another order.

    layers:
      - permute: [1, 2, 0]

x (*shape, N) -> y (*shape in that order, N);  axis k of y is axis axes[k] of x, counted from 0, the batch left out
`[1, 2, 0]` puts the channels of an image last; `[1, 0]` turns a sequence of features into one of steps
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, NonNegativeInt, Strict
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, Context, Declaration, Field, Layer, Parameters, Shape, ShapeError, shape_text


def _order(axes: tuple[int, ...]) -> tuple[int, ...]:
    if sorted(axes) != list(range(len(axes))):
        raise PydanticCustomError(
            "order",
            "expected each axis once, counted from 0",
            {"hint": f"for {len(axes)} axes, some order of {list(range(len(axes)))}"},
        )
    return axes


class Permute(Layer):
    """Moves axes; nothing is computed."""

    primary: ClassVar[str | None] = "axes"
    formulas: ClassVar[Mapping[str, str]] = {"y": "x, its axes in another order", "x": "dy, its axes put back"}

    axes: Annotated[
        tuple[NonNegativeInt, ...],
        Strict(strict=False),
        AfterValidator(_order),
        Field(min_length=1, description="which axis of the input comes first, second and so on, counted from 0"),
    ]

    def declare(self, shape: Shape) -> Declaration:
        if len(shape) != len(self.axes):
            raise ShapeError(
                f"permute: an order of {len(self.axes)} axes, but {shape_text(shape)} has {len(shape)}",
                f"list each of {list(range(len(shape)))} once" if shape else "take it out",
            )
        return Declaration(tuple(shape[axis] for axis in self.axes))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return _moved(x, self.axes, ctx.buffer("y", (*(x.shape[axis] for axis in self.axes), x.shape[-1])))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        if not ctx.needs_input_gradient:
            return None
        back = tuple(self.axes.index(axis) for axis in range(len(self.axes)))
        return _moved(dy, back, ctx.buffer("dx", ctx.x.shape))


def _moved(x: Array, axes: tuple[int, ...], out: Array) -> Array:
    # Copied, so that what follows finds its numbers in order.
    np.copyto(out, x.transpose(*axes, len(axes)))
    return out
