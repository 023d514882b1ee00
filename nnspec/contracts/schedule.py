"""Schedule: how the learning rate changes while training goes on."""

from typing import ClassVar

from nnspec.contracts.part import Part


class Schedule(Part):
    """A factor for the optimizer's learning rate; it depends on the step alone and remembers nothing."""

    kinds: ClassVar[tuple[str, ...]] = ("schedules",)

    def factor(self, step: int, steps: int) -> float:
        """What the learning rate is multiplied by.

        Args:
            step: The step about to be taken: 1 is the first.
            steps: Steps that the whole training takes.
        """
        raise NotImplementedError
