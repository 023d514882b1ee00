"""A meeting: where the shards of a step wait for one another, and add up what each knows of its own samples."""

from queue import SimpleQueue

import numpy as np

from nnspec.engine.crew import GaveUp
from nnspec.types import Array, DType, Shape

_Word = SimpleQueue[type[GaveUp] | None]
"""From one shard to one other: None when it is here, or what is to be raised. Queues take half of the time that
`threading.Barrier` takes to wake who waits."""


class Seat:
    """A shard's place at a meeting.

    Attributes:
        shown: What the shard brings to the sum, in one of two arrays in turn: who still reads the one is not
            overtaken by who writes the other.
    """

    def __init__(self, meeting: "Meeting", told: list[_Word], heard: list[_Word]) -> None:
        self.shown: list[Array] = [np.empty(0), np.empty(0)]
        self._meeting = meeting
        self._told = told
        self._heard = heard
        self._turn = 0
        self._kept: dict[tuple[int, Shape, DType], Array] = {}

    def wait(self) -> None:
        """Returns when all shards have called it.

        Raises:
            GaveUp: One of them has failed.
        """
        for word in self._told:
            word.put(None)
        for word in self._heard:
            if (gone := word.get()) is not None:
                raise gone

    def add_up(self, x: Array) -> None:
        """Puts into ``x`` the sum of what all shards bring, added in the order of the seats.

        Raises:
            GaveUp: A shard has failed, so that its part will never come.
        """
        shown = self._show(x)
        x.fill(0)
        for one in shown:
            x += one

    def gather(self, x: Array) -> Array:
        """What all shards bring, in the order of the seats, (shards, *shape).

        Raises:
            GaveUp: A shard has failed, so that its part will never come.
        """
        return np.stack(self._show(x))

    def _show(self, x: Array) -> list[Array]:
        """What all shards bring, this one's ``x`` among them; it holds until the meeting after the next."""
        turn, key = self._turn, (self._turn, x.shape, x.dtype)
        if key not in self._kept:
            self._kept[key] = np.empty_like(x)
        self.shown[turn] = self._kept[key]
        np.copyto(self.shown[turn], x)
        self.wait()
        self._turn = 1 - turn
        return [seat.shown[turn] for seat in self._meeting.seats]


class Meeting:
    """All shards of a step, one seat each, in a fixed order.

    Attributes:
        seats: One a shard.
    """

    def __init__(self, shards: int) -> None:
        # One for each pair: word of who is a meeting ahead must not be taken for that of who is late.
        words: list[list[_Word]] = [[SimpleQueue() for _ in range(shards)] for _ in range(shards)]
        self._words = [word for row in words for word in row]
        self.seats = tuple(
            Seat(
                self,
                [words[place][other] for other in range(shards) if other != place],
                [words[other][place] for other in range(shards) if other != place],
            )
            for place in range(shards)
        )

    def give_up(self) -> None:
        """Sends home whoever waits or will; the meeting cannot be held again."""
        for word in self._words:
            word.put(GaveUp)
