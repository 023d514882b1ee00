"""When a run evaluates, saves and ends, by a clock that the test turns."""

import signal

import pytest

from nnspec.engine.trainer import Position
from nnspec.runs.rhythm import Due, Rhythm
from nnspec.runs.signals import StopRequest
from nnspec.spec.train import Train

STEPS = 10
NOTHING = Due(evaluate=False, save=False, overtime=False)


class Clock:
    """Seconds, as the test says."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def rhythm(clock: Clock, spent: float = 0.0, request: StopRequest | None = None, **train: object) -> Rhythm:
    return Rhythm(Train.model_validate(train), STEPS, request or StopRequest(), spent, clock)


def places(paused: Rhythm, epochs: int = 2) -> list[tuple[int, int]]:
    """Where it wants to pause within these epochs."""
    everywhere = [(epoch, step) for epoch in range(epochs) for step in range(1, STEPS + 1)]
    return [place for place in everywhere if paused.wants_pause(Position(*place))]


def test_steps_are_counted_through_all_epochs_and_an_epochs_end_is_no_pause() -> None:
    made = rhythm(Clock(), checkpoint={"every": "4 steps"}, validate_every="5 steps")
    assert places(made) == [(0, 4), (0, 5), (0, 8), (1, 2), (1, 5), (1, 6)]
    assert made.due(Position(1, 2)) == Due(evaluate=False, save=True, overtime=False)
    assert made.due(Position(1, 5)) == Due(evaluate=True, save=False, overtime=False)
    assert made.due(Position(2, 0)) == Due(evaluate=False, save=True, overtime=False)


def test_epochs_are_saved_at_their_ends() -> None:
    made = rhythm(Clock(), checkpoint={"every": "2 epochs"})
    assert places(made) == []
    assert [made.due(Position(epoch, 0)).save for epoch in (1, 2, 3, 4)] == [False, True, False, True]
    assert not made.due(Position(2, 3)).save


def saves(made: Rhythm, clock: Clock, until: float) -> list[float]:
    """When it saves, asked ten times a second, until so many seconds have gone by."""
    found = []
    while clock.now < until:
        clock.now = round(clock.now + 0.1, 1)
        if made.wants_pause(Position(0, 1)) and made.due(Position(0, 1)).save:
            found.append(clock.now)
            made.saved()
    return found


def test_seconds_are_counted_from_the_last_save_and_a_young_run_is_saved_more_often() -> None:
    clock = Clock()
    made = rhythm(clock, checkpoint={"every": "10 s"})
    assert saves(made, clock, 40) == [1.0, 3.0, 7.0, 15.0, 25.0, 35.0]
    clock.now = 36.5
    made.saved()
    assert saves(made, clock, 60) == [46.5, 56.5]


def test_a_short_rhythm_is_kept_from_the_beginning() -> None:
    clock = Clock()
    made = rhythm(clock, checkpoint={"every": "0.5 s"})
    assert saves(made, clock, 2) == [0.5, 1.0, 1.5, 2.0]


def test_the_time_budget_is_that_of_all_parts_of_the_run() -> None:
    clock = Clock()
    made = rhythm(clock, spent=50, time_budget="1 min", checkpoint={"every": "99 steps"})
    clock.now = 9.0
    assert made.due(Position(0, 1)) == NOTHING
    clock.now = 10.0
    assert made.wants_pause(Position(0, 2))
    assert made.due(Position(0, 2)).overtime


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_stop_pauses_after_the_step(number: signal.Signals) -> None:
    request = StopRequest()
    made = rhythm(Clock(), request=request)
    assert places(made) == []
    request.hear(number)
    assert made.wants_pause(Position(0, 1))
    request.hear(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        request.hear(signal.SIGINT)
