"""Schedule: how the learning rate changes while training goes on."""

from collections.abc import Mapping
from typing import Any, ClassVar

from nnspec.contracts.part import Part


class Schedule(Part):
    """A factor for the optimizer's learning rate; it depends on what it is handed alone and remembers nothing."""

    kinds: ClassVar[tuple[str, ...]] = ("schedules",)

    def factor(self, step: int, steps: int) -> float:
        """What the learning rate is multiplied by.

        Args:
            step: The step about to be taken: 1 is the first.
            steps: Steps that the whole training takes.
        """
        raise NotImplementedError

    def heeds(self, step: int, steps: int) -> bool:
        """Whether an evaluation counts, and is to be told to `react`; by default each does.

        Args:
            step: Steps taken so far.
            steps: Steps that the whole training takes.
        """
        return True

    def react(self, state: Mapping[str, Any], figure: float) -> tuple[Mapping[str, Any], float]:
        """What an evaluation changes; by default nothing.

        Args:
            state: What this returned after the evaluation before; empty at the first. It is kept for the schedule,
                and in checkpoints: numbers, texts, lists and mappings only.
            figure: What the spec's `train.monitor` names, so turned that lower is better.

        Returns:
            The new state, and what rates are multiplied by from now on, beside `factor`.
        """
        return state, 1.0
