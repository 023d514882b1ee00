"""warmup: the learning rate rises along a line, then follows another schedule.

    schedule: {warmup: 500}                                 # then as it is
    schedule: {warmup: {steps: 0.05, then: cosine}}
    schedule: {warmup: {steps: 500, start: 0.1, then: {polynomial: 2.0}}}

factor = f + (1 - f) s / w in step s of w;  f = start; afterwards the other's, over the steps that are left, which
hears of evaluations from then on
(P. Goyal and others, Accurate, Large Minibatch SGD, 2017, section 2.2)
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from nnspec.extend import Field, PartOf, Probability, Schedule
from nnspec.parts.schedules._span import Span, steps_in


class Warmup(Schedule):
    """Small steps while running means and statistics are still young."""

    primary: ClassVar[str | None] = "steps"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "f + (1 - f) s / w, then the other's"}

    steps: Annotated[Span, Field(description="w, how long it rises: steps, or share of the training")]
    then: Annotated[PartOf[Schedule] | None, Field(description="what follows; nothing: the rate as it is")] = None
    start: Annotated[Probability, Field(description="f, the share of the learning rate it rises from")] = 0.0

    def factor(self, step: int, steps: int) -> float:
        rise = steps_in(self.steps, steps)
        if step <= rise:
            return self.start + (1 - self.start) * step / rise
        return 1.0 if self.then is None else self.then.factor(step - rise, steps - rise)

    def heeds(self, step: int, steps: int) -> bool:
        # While the rate rises, figures say nothing of how long it should stay.
        rise = steps_in(self.steps, steps)
        return step > rise and self.then is not None and self.then.heeds(step - rise, steps - rise)

    def react(self, state: Mapping[str, Any], figure: float) -> tuple[Mapping[str, Any], float]:
        return (state, 1.0) if self.then is None else self.then.react(state, figure)
