"""polynomial: the learning rate falls along a line, or along a power of one.

    schedule: polynomial                              # a straight line down to 0
    schedule: {polynomial: {power: 2.0, final: 0.01}}

factor = f + (1 - f) (1 - s / S)^p, at the start of step s + 1 of S;  f = final, p = power
(L.-C. Chen and others, DeepLab, 2018, section 4.1, with p = 0.9)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Field, PositiveFloat, Schedule


class Polynomial(Schedule):
    """Linear decay where the power is 1."""

    primary: ClassVar[str | None] = "power"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "f + (1 - f) (1 - s / S)^p"}

    power: Annotated[PositiveFloat, Field(description="p; 1 is a straight line, more falls earlier")] = 1.0
    final: Annotated[float, Field(ge=0, le=1, description="f, the share of the learning rate at the end")] = 0.0

    def factor(self, step: int, steps: int) -> float:
        return self.final + (1 - self.final) * float((1 - (step - 1) / steps) ** self.power)
