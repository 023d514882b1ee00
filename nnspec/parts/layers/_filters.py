"""What layers of filters have in common: their options, and the parameters that follow from them."""

from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    Activation,
    Field,
    Initializer,
    Layer,
    Parameter,
    PartOf,
    PositiveInt,
    Shape,
    by_name,
    size,
)
from nnspec.parts.layers._options import Padding, Pair


class Filters(Layer):
    """Filters that move over their input; the subclasses say along which axes, and which way."""

    primary: ClassVar[str | None] = "filters"

    filters: Annotated[PositiveInt, Field(description="number of channels of the output")]
    padding: Annotated[
        Padding,
        Field(description="zeros around the input: `same` keeps its size at stride 1, `valid` is none"),
    ] = "valid"
    groups: Annotated[PositiveInt, Field(description="groups of channels that do not see one another")] = 1
    bias: Annotated[bool, Field(description="add a trained constant to each channel")] = True
    weights: Annotated[PartOf[Initializer], Field(description="fills W")] = by_name("glorot")
    biases: Annotated[PartOf[Initializer], Field(description="fills b")] = by_name("zeros")
    activation: Annotated[PartOf[Activation] | None, Field(description="applied to y")] = None

    @model_validator(mode="after")
    def _divisible(self) -> Self:
        if self.filters % self.groups:
            raise PydanticCustomError(
                "groups",
                "{groups} groups do not divide {filters} filters evenly",
                {
                    "groups": self.groups,
                    "filters": self.filters,
                    "hint": f"make `filters` a multiple of {self.groups}",
                },
            )
        return self

    def expand(self) -> tuple[Layer, ...]:
        return (self,) if self.activation is None else (self, self.activation)

    def _parameters(self, shape: Shape, outputs: int, inputs: int) -> dict[str, Parameter]:
        """W of this shape and b, given how many output and input channels one group's filters join."""
        fan_in, fan_out = inputs * size(shape[2:]), outputs * size(shape[2:])
        parameters = {"W": Parameter(shape, self.weights, fan_in, fan_out)}
        if self.bias:
            parameters["b"] = Parameter((self.filters, 1), self.biases, fan_in, fan_out, decays=False)
        return parameters


class ImageFilters(Filters):
    """Filters that move over rows and columns."""

    kernel: Annotated[Pair, Field(description="cells that a filter spans, a number or [rows, columns]")] = (3, 3)
    stride: Annotated[Pair, Field(description="cells from one window to the next")] = (1, 1)
    dilation: Annotated[Pair, Field(description="cells from one cell of a window to its next")] = (1, 1)
