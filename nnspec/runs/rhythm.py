"""When a run does something else than take steps: evaluate, save, or end."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from nnspec.engine.trainer import Position
from nnspec.runs.signals import StopRequest
from nnspec.spec.intervals import Interval
from nnspec.spec.train import Train

FIRST = 1.0
"""Seconds until a run, just begun or just gone on, is first saved by the clock; each time it is twice as long."""


@dataclass(frozen=True)
class Due:
    """What is to be done between two steps.

    Attributes:
        evaluate: Evaluate in the middle of an epoch.
        save: Write a checkpoint.
        overtime: The time budget is used up.
    """

    evaluate: bool
    save: bool
    overtime: bool


class Rhythm:
    """Asked after each step whether anything is due; nothing that it decides changes what is learned.

    Attributes:
        request: The request to stop, if any.
    """

    def __init__(
        self,
        train: Train,
        steps: int,
        request: StopRequest,
        spent: float = 0.0,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Sets the clock.

        Args:
            train: Says how often.
            steps: Steps in an epoch.
            request: Somebody's wish to stop.
            spent: Seconds of the time budget that are gone already.
            clock: Counts seconds.
        """
        self.request = request
        self._clock = clock
        self._steps = steps
        self._save: Interval = train.checkpoint.every
        # Who is killed every few seconds gets on all the same.
        self._wait = min(FIRST, self._save.seconds) if self._save.seconds is not None else float("inf")
        self._evaluate = train.validate_every.steps if train.validate_every is not None else None
        budget = train.time_budget.seconds if train.time_budget is not None else None
        self._deadline = clock() + budget - spent if budget is not None else float("inf")
        self._next_save = clock() + self._wait
        self._next_second = min(self._next_save, self._deadline)
        self._timed = self._next_second < float("inf")
        self._counted = tuple(count for count in (self._evaluate, self._save.steps) if count is not None)

    def wants_pause(self, position: Position) -> bool:
        """Whether anything is due between this step of an epoch and the next."""
        if self.request.signal is not None or (self._timed and self._clock() >= self._next_second):
            return True
        # After its last step an epoch is evaluated and saved anyway.
        if not self._counted or position.step == self._steps:
            return False
        step = self._total(position)
        return any(step % count == 0 for count in self._counted)

    def due(self, position: Position) -> Due:
        """What is due, between two steps or two epochs."""
        step, now = self._total(position), self._clock()
        within = 0 < position.step < self._steps
        return Due(
            evaluate=within and self._evaluate is not None and step % self._evaluate == 0,
            save=self._save_due(position, now),
            overtime=now >= self._deadline,
        )

    def saved(self) -> None:
        """A checkpoint was written; the time until the next is counted from here."""
        if self._save.seconds is not None:
            self._wait = min(2 * self._wait, self._save.seconds)
            self._next_save = self._clock() + self._wait
            self._next_second = min(self._next_save, self._deadline)

    def _save_due(self, position: Position, now: float) -> bool:
        if self._save.epochs is not None:
            return position.step == 0 and position.epoch % self._save.epochs == 0
        if self._save.steps is not None:
            return self._total(position) % self._save.steps == 0
        return now >= self._next_save

    def _total(self, position: Position) -> int:
        """Steps taken in all."""
        return position.epoch * self._steps + position.step
