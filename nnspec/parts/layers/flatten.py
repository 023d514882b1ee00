"""flatten: the numbers of a sample in one row, the last axis fastest.

    layers:
      - flatten

x (*shape, N) -> y (I, N), where I is the product of shape;  y = x in another shape
"""

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Array, Context, Declaration, Layer, Parameters, Shape, number_text, size


class Flatten(Layer):
    """Any shape becomes one row; nothing is computed."""

    formulas: ClassVar[Mapping[str, str]] = {"y": "x, in one row", "x": "dy, in the shape of x"}

    def declare(self, shape: Shape) -> Declaration:
        return Declaration((size(shape),))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return x.reshape(-1, x.shape[-1])

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return dy.reshape(ctx.x.shape)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return number_text(values["x"].flat[index[0]])
        return number_text(values["dy"].reshape(values["x"].shape)[index])
