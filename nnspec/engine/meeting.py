"""A meeting: where the shards of a step wait for one another, and add up what each knows of its own samples."""

from threading import Barrier, BrokenBarrierError

import numpy as np

from nnspec.engine.crew import GaveUp
from nnspec.types import Array, DType, Shape


class Meeting:
    """All shards of a step, one seat each, in a fixed order.

    Attributes:
        seats: One a shard.
    """

    def __init__(self, shards: int) -> None:
        self._barrier = Barrier(shards)
        self.seats = tuple(Seat(self) for _ in range(shards))

    def wait(self) -> None:
        """Returns when all shards have called it.

        Raises:
            GaveUp: One of them has failed.
        """
        try:
            self._barrier.wait()
        except BrokenBarrierError:
            raise GaveUp from None

    def give_up(self) -> None:
        """Sends home whoever waits or will; the meeting cannot be held again."""
        self._barrier.abort()


class Seat:
    """A shard's place at a meeting.

    Attributes:
        shown: What the shard brings to the sum, in one of two arrays in turn: who still reads the one is not
            overtaken by who writes the other.
    """

    def __init__(self, meeting: Meeting) -> None:
        self.shown: list[Array] = [np.empty(0), np.empty(0)]
        self._meeting = meeting
        self._turn = 0
        self._kept: dict[tuple[int, Shape, DType], Array] = {}

    def add_up(self, x: Array) -> None:
        """Puts into ``x`` the sum of what all shards bring, added in the order of the seats.

        Raises:
            GaveUp: A shard has failed, so that its part will never come.
        """
        turn, key = self._turn, (self._turn, x.shape, x.dtype)
        if key not in self._kept:
            self._kept[key] = np.empty_like(x)
        self.shown[turn] = self._kept[key]
        np.copyto(self.shown[turn], x)
        self._meeting.wait()
        x.fill(0)
        for seat in self._meeting.seats:
            x += seat.shown[turn]
        self._turn = 1 - turn
