"""Threads of a crew begin on cores of their own, as far as there are enough, and stay free to move."""

import os
from threading import Thread

import pytest

from nnspec.engine import spread
from nnspec.engine.crew import Crew
from nnspec.engine.spread import Spread
from nnspec.engine.threads import cores


class Machine:
    """Cores as the kernel of a test has them: one thread, which goes where it is bound to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, allowed: set[int], core: int) -> None:
        self.allowed, self.core, self.bound = allowed, core, [allowed]
        monkeypatch.setattr(spread, "_core_in_use", lambda: lambda: self.core)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(self.bound[-1]), raising=False)
        monkeypatch.setattr(os, "sched_setaffinity", self.bind, raising=False)

    def bind(self, _: int, allowed: set[int]) -> None:
        self.bound.append(set(allowed))
        if self.core not in allowed:
            self.core = min(allowed)


def test_a_thread_leaves_a_core_that_is_taken_and_is_bound_to_none(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, places = Machine(monkeypatch, {0, 1, 2, 3}, core=2), Spread(3)
    found = []
    for place in range(3):
        machine.core = 2
        places.settle(place)
        found.append(machine.core)
        assert machine.bound[-1] == {0, 1, 2, 3}
    assert found == [2, 0, 1]


def test_a_thread_stays_where_no_other_is(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, places = Machine(monkeypatch, {0, 1}, core=1), Spread(2)
    places.settle(0)
    machine.core = 0
    places.settle(1)
    assert machine.core == 0
    assert len(machine.bound) == 1


def test_threads_share_cores_where_there_are_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, places = Machine(monkeypatch, {5}, core=5), Spread(2)
    places.settle(0)
    places.settle(1)
    assert machine.core == 5
    assert len(machine.bound) == 1


def test_a_system_that_lets_no_thread_choose_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    Machine(monkeypatch, {0, 1}, core=0)
    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    places = Spread(2)
    places.settle(0)
    places.settle(1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity") or cores() < 2, reason="needs two cores to choose from")
def test_on_this_machine_threads_are_parted_and_the_callers_affinity_is_left_alone() -> None:
    core_in_use = spread._core_in_use()
    assert core_in_use is not None
    places, found = Spread(2), []
    before = os.sched_getaffinity(0)

    def settle_beside() -> None:
        # Bound to the other's core first, so that there is something to leave.
        os.sched_setaffinity(0, {places._cores[0] or 0})
        os.sched_setaffinity(0, before)
        places.settle(1)
        found.append(os.sched_getaffinity(0))

    places.settle(0)
    thread = Thread(target=settle_beside)
    thread.start()
    thread.join()
    assert places._cores[0] != places._cores[1]
    assert found == [before]
    assert Crew(2).run([lambda: os.sched_getaffinity(0)] * 2) == [before, before]
