"""constant: the learning rate as it is, from first step to last.

    schedule: constant
    schedule: {warmup: {steps: 500, then: constant}}

factor = 1
"""

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Schedule


class Constant(Schedule):
    """The same as no schedule, said aloud."""

    formulas: ClassVar[Mapping[str, str]] = {"factor": "1"}

    def factor(self, step: int, steps: int) -> float:
        return 1.0
