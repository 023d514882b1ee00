"""inverse_sqrt: the learning rate falls with the square root of the steps taken.

    schedule: {inverse_sqrt: 4000}
    schedule: {warmup: {steps: 4000, then: {inverse_sqrt: 4000}}}       # as transformers are trained

factor = √(k / (k + s)), at the start of step s + 1
(A. Vaswani and others, Attention Is All You Need, 2017, section 5.3, which is the second line)
"""

from collections.abc import Mapping
from math import sqrt
from typing import Annotated, ClassVar

from nnspec.extend import Field, Schedule
from nnspec.parts.schedules._span import Span, steps_in


class InverseSqrt(Schedule):
    """Never quite ends; how long the training is does not matter where k is given in steps."""

    primary: ClassVar[str | None] = "steps"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "√(k / (k + s))"}

    steps: Annotated[
        Span, Field(description="k, steps or share of the training after which the factor is √(1/2)")
    ] = 0.1

    def factor(self, step: int, steps: int) -> float:
        unit = steps_in(self.steps, steps)
        return sqrt(unit / (unit + step - 1))
