"""cosine: the learning rate falls along half a cosine wave to a given share of it, once or several times.

    schedule: cosine
    schedule: {cosine: 0.01}                                # ends at a hundredth of the learning rate
    schedule: {cosine: {restarts: 3, growth: 2.0}}          # four waves, each twice as long as the one before

factor = f + (1 - f) (1 + cos(π s / S)) / 2, at the start of step s + 1 of the S of a wave;  f = final
(I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, equation 5)
"""

from collections.abc import Mapping
from math import cos, pi
from typing import Annotated, ClassVar

from nnspec.extend import Field, Schedule


class Cosine(Schedule):
    """Large steps first, small ones last; nothing to tune but the start."""

    primary: ClassVar[str | None] = "final"
    formulas: ClassVar[Mapping[str, str]] = {"factor": "f + (1 - f) (1 + cos(π s / S)) / 2"}

    final: Annotated[float, Field(ge=0, le=1, description="f, the share of the learning rate at the end")] = 0.0
    restarts: Annotated[
        int, Field(ge=0, le=1000, description="how often the rate jumps back to all of it and falls again")
    ] = 0
    growth: Annotated[float, Field(ge=1, le=10, description="length of each wave by that of the one before")] = 1.0

    def factor(self, step: int, steps: int) -> float:
        return self.final + (1 - self.final) * (1 + cos(pi * self._share(step, steps))) / 2

    def _share(self, step: int, steps: int) -> float:
        """How much of its wave is over when a step begins."""
        lengths = [self.growth**wave for wave in range(self.restarts + 1)]
        place = (step - 1) * sum(lengths) / steps
        for length in lengths:
            if place < length:
                return place / length
            place -= length
        return 1.0
