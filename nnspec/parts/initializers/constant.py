"""constant: all the same number.

    - dense: {units: 30, biases: {constant: 0.1}}

w = v;  v = value
"""

from typing import Annotated, ClassVar

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    Random,
)


class Constant(Initializer):
    """One value everywhere."""

    primary: ClassVar[str | None] = "value"

    value: Annotated[float, Field(description="the number")]

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        out.fill(self.value)
