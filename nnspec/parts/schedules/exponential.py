"""exponential: the learning rate falls by the same share in every step.

    schedule: exponential
    schedule: {exponential: 0.001}      # ends at a thousandth of the learning rate

factor = f^(s / S), at the start of step s + 1 of S;  f = final
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Field, Schedule


class Exponential(Schedule):
    """A straight line on a logarithmic scale."""

    primary: ClassVar[str | None] = "final"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "f^(s / S)"}

    final: Annotated[float, Field(gt=0, le=1, description="f, the share of the learning rate at the end")] = 0.01

    def factor(self, step: int, steps: int) -> float:
        return float(self.final ** ((step - 1) / steps))
