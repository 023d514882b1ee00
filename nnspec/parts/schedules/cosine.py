"""cosine: the learning rate falls along half a cosine wave, from all of it to a given share.

    schedule: cosine
    schedule: {cosine: 0.01}     # ends at a hundredth of the learning rate

factor = f + (1 - f) (1 + cos(π s / S)) / 2, at the start of step s + 1 of S;  f = final
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

    def factor(self, step: int, steps: int) -> float:
        return self.final + (1 - self.final) * (1 + cos(pi * (step - 1) / steps)) / 2
