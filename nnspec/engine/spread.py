"""Spread: threads that work side by side are kept from sharing a core.

Who waits sleeps, and where a sleeper wakes up is the kernel's choice. While anything else keeps the cores busy,
Linux may wake a thread on the core of whoever woke it, step after step: two shards then take as long as one. A
thread that finds itself on another's core is sent to one that is free, and bound to none.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from ctypes import PyDLL
from functools import cache


class Spread:
    """Where a few threads were when they last looked, in places counted from 0."""

    def __init__(self, threads: int) -> None:
        self._cores: list[int | None] = [None] * threads

    def settle(self, place: int) -> None:
        """Moves the calling thread, where it shares a core with one of the places before its own and need not.

        Nothing happens where the system does not tell cores or does not let threads choose.
        """
        core_in_use = _core_in_use()
        if core_in_use is None:
            return
        taken = set(self._cores[:place])
        if core_in_use() in taken:
            _leave(taken)
        self._cores[place] = core_in_use()


def _leave(taken: set[int | None]) -> None:
    """Puts the calling thread on a core that is not taken, and lets the system move it from there as it likes."""
    allowed = os.sched_getaffinity(0)
    if free := allowed - taken:
        with suppress(OSError):
            os.sched_setaffinity(0, free)
            os.sched_setaffinity(0, allowed)


@cache
def _core_in_use() -> Callable[[], int] | None:
    """What tells the core that the calling thread runs on, where there is such a thing."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    # PyDLL keeps the interpreter's lock: the call takes less time than giving the lock away.
    return getattr(PyDLL(None), "sched_getcpu", None)
