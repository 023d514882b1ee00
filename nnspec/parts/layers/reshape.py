"""reshape: the same numbers in another shape, the last axis fastest.

    layers:
      - reshape: [1, 28, 28]
      - reshape: [16, -1]

x (*shape, N) -> y (*new shape, N);  y = x in another shape; one length may be -1, which is worked out
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Strict
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Field,
    Layer,
    Parameters,
    Shape,
    ShapeError,
    shape_text,
    size,
)


def _lengths(shape: tuple[int, ...]) -> tuple[int, ...]:
    if any(length < 1 and length != -1 for length in shape) or shape.count(-1) > 1:
        raise PydanticCustomError(
            "lengths",
            "expected a list of lengths, of which one may be -1",
            {"hint": "for example `[1, 28, 28]` or `[16, -1]`"},
        )
    return shape


class Reshape(Layer):
    """Any shape becomes another of as many numbers; nothing is computed."""

    primary: ClassVar[str | None] = "shape"
    formulas: ClassVar[Mapping[str, str]] = {"y": "x, in another shape", "x": "dy, in the shape of x"}

    shape: Annotated[
        tuple[int, ...],
        Strict(strict=False),
        AfterValidator(_lengths),
        Field(min_length=1, description="lengths of the axes of one sample; one may be -1: what is left"),
    ]

    def declare(self, shape: Shape) -> Declaration:
        numbers, known = size(shape), abs(size(self.shape))
        if numbers % known or (-1 not in self.shape and numbers != known):
            wanted = " x ".join("?" if length == -1 else str(length) for length in self.shape)
            raise ShapeError(
                f"reshape: {shape_text(shape)} are {numbers} numbers, which do not fill {wanted}",
                f"use lengths whose product is {numbers}",
            )
        return Declaration(tuple(numbers // known if length == -1 else length for length in self.shape))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return x.reshape(*self.shape, x.shape[-1])

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return dy.reshape(ctx.x.shape)
