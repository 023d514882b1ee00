"""What pooling layers have in common: their options, and the windows that follow from them."""

from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, Declaration, Field, Layer, Shape, require_image, shape_text
from nnspec.parts.layers._options import Padding, Pair
from nnspec.parts.layers._refusals import require_windows
from nnspec.parts.layers._windows import Windows, over


class Pooling(Layer):
    """One number for each window of a channel; a subclass says which."""

    primary: ClassVar[str | None] = "size"
    word: ClassVar[str] = ""
    """The layer's name in a spec, for messages."""

    size: Annotated[Pair, Field(description="cells in a window, a number or [rows, columns]")] = (2, 2)
    stride: Annotated[
        Pair | None, Field(description="cells from one window to the next; by default `size`, without overlap")
    ] = None
    padding: Annotated[
        Padding, Field(description="cells around the image that do not count: `same`, `valid` is none, or so many")
    ] = "valid"

    @model_validator(mode="after")
    def _windows_see_the_image(self) -> Self:
        if isinstance(self.padding, int) and self.padding >= min(self.size):
            raise PydanticCustomError(
                "padding",
                "with a padding of {padding}, windows of {size} would lie outside the image",
                {
                    "padding": self.padding,
                    "size": shape_text(self.size),
                    "hint": f"use a padding of at most {min(self.size) - 1}, or `same`",
                },
            )
        return self

    def declare(self, shape: Shape) -> Declaration:
        require_image(self.word, shape)
        windows = self._windows(*shape[1:])
        require_windows(self.word, windows.sides)
        return Declaration((shape[0], *windows.count))

    def _seen(self, x: Array, index: tuple[int, ...]) -> Array:
        """What the window of one output sees of a sample's image, for arithmetic that is spelled out."""
        channel, row, column = index
        windows = self._windows(*x.shape[1:])
        rows, _ = windows.rows.beneath(range(row, row + 1))
        columns, _ = windows.columns.beneath(range(column, column + 1))
        return x[channel, rows.start : rows.stop, columns.start : columns.stop]

    def _windows(self, height: int, width: int) -> Windows:
        return over((height, width), self.size, self.stride or self.size, (1, 1), self.padding)
