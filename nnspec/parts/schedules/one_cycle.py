"""one_cycle: the learning rate rises to its peak and falls to almost nothing, once.

    schedule: one_cycle
    schedule: {one_cycle: {rise: 0.4, start: 0.1, final: 0.001}}

factor = a + (b - a) (1 - cos(π q)) / 2 with q the share of the phase that is over when a step begins:
from a = start to b = 1 in the first `rise` of the training, then from a = 1 to b = final
(L. Smith and N. Topin, Super-Convergence, 2018; along cosines, as fastai and PyTorch have it)

The learning rate of the optimizer is the peak. Momentum stays as it is.
"""

from collections.abc import Mapping
from math import cos, pi
from typing import Annotated, ClassVar

from nnspec.extend import Field, Probability, Schedule
from nnspec.parts.schedules._span import Span, steps_in


class OneCycle(Schedule):
    """Allows peaks that a constant rate would not survive."""

    primary: ClassVar[str | None] = "rise"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "a + (b - a) (1 - cos(π q)) / 2"}

    rise: Annotated[Span, Field(description="steps, or share of the training, until the peak")] = 0.3
    start: Annotated[Probability, Field(description="share of the learning rate at the start")] = 0.04
    final: Annotated[Probability, Field(description="share of the learning rate at the end")] = 4e-6

    def factor(self, step: int, steps: int) -> float:
        rise, done = steps_in(self.rise, steps), step - 1
        if done < rise:
            return _between(self.start, 1.0, done / rise)
        return _between(1.0, self.final, (done - rise) / (steps - rise))


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * (1 - cos(pi * share)) / 2
