"""step: the learning rate drops by the same factor again and again.

    schedule: {step: 0.25}                              # to a tenth after each quarter of the training
    schedule: {step: {every: 2000, drop: 0.5}}          # halved every 2,000 steps
    schedule: {step: {at: [0.5, 0.75], drop: 0.1}}      # to a tenth after half and after three quarters

factor = d^k, with k the drops so far
(K. He and others, Deep Residual Learning for Image Recognition, 2016, section 3.4)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import Field, Schedule
from nnspec.parts.schedules._span import Span, steps_in


class Step(Schedule):
    """A staircase, either with equal steps or with those that are listed."""

    primary: ClassVar[str | None] = "every"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "d^k, with k the drops so far"}

    every: Annotated[Span | None, Field(description="steps, or share of the training, between drops")] = None
    at: Annotated[
        tuple[Span, ...], Field(strict=False, description="steps, or shares of the training, after which it drops")
    ] = ()
    drop: Annotated[float, Field(gt=0, le=1, description="d, what the rate is multiplied by at each drop")] = 0.1

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.every is None) == (not self.at):
            raise PydanticCustomError("drops", "give either `every` or `at`, to say when the rate drops")
        return self

    def factor(self, step: int, steps: int) -> float:
        if self.every is not None:
            drops = (step - 1) // steps_in(self.every, steps)
        else:
            drops = sum(step > steps_in(span, steps) for span in self.at)
        return self.drop**drops
