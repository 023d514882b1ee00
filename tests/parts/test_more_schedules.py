"""Schedules against numbers worked by hand, and what holds for all of them."""

from math import cos, pi, sqrt
from typing import Any

import pytest

from nnspec.contracts.schedule import Schedule
from nnspec.errors import SpecError
from nnspec.registry import default_resolver
from nnspec.spec.specification import parse

part = default_resolver().part
STEPS = 100

ALL: list[Any] = [
    "constant",
    "cosine",
    {"cosine": {"restarts": 3, "growth": 2.0, "final": 0.1}},
    "exponential",
    "inverse_sqrt",
    "on_plateau",
    "one_cycle",
    {"one_cycle": {"rise": 20}},
    "polynomial",
    {"polynomial": {"power": 2.0, "final": 0.1}},
    {"step": 0.25},
    {"step": {"at": [0.5, 80], "drop": 0.5}},
    {"warmup": 10},
    {"warmup": {"steps": 0.1, "then": "cosine"}},
]


def factors(entry: object, steps: int = STEPS) -> list[float]:
    schedule = part(Schedule, entry, {})
    return [schedule.factor(step, steps) for step in range(1, steps + 1)]


def test_every_schedule_is_looked_at() -> None:
    entries = default_resolver().catalogue.entries("schedules")
    looked_at = {entry if isinstance(entry, str) else next(iter(entry)) for entry in ALL}
    assert {entry.name for entry in entries if entry.distribution == "nnspec"} == looked_at


@pytest.mark.parametrize("entry", ALL, ids=str)
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 1000])
def test_factors_are_plain_numbers_from_0_to_1_whatever_the_length(entry: object, steps: int) -> None:
    for factor in factors(entry, steps):
        assert type(factor) is float
        assert 0 <= factor <= 1


@pytest.mark.parametrize("entry", ALL, ids=str)
def test_a_factor_depends_on_the_step_alone(entry: object) -> None:
    schedule = part(Schedule, entry, {})
    backwards = [schedule.factor(step, STEPS) for step in range(STEPS, 0, -1)]
    assert backwards[::-1] == factors(entry)


@pytest.mark.parametrize(
    ("entry", "step", "expected"),
    [
        ("constant", 57, 1.0),
        # Steps 1, 51 and 76 begin when nothing, a half and three quarters are over.
        ("cosine", 1, 1.0),
        ("cosine", 51, 0.5),
        ({"cosine": 0.2}, 51, 0.6),
        ("cosine", 76, (1 - sqrt(1 / 2)) / 2),
        ({"cosine": {"restarts": 3}}, 25, (1 + cos(pi * 24 / 25)) / 2),
        ({"cosine": {"restarts": 3}}, 26, 1.0),
        # Waves of 100/7, 200/7 and 400/7 steps: the last has its middle at 500/7.
        ({"cosine": {"restarts": 2, "growth": 2.0}}, 15, (1 + cos(pi * 14 * 7 / 100)) / 2),
        ({"cosine": {"restarts": 2, "growth": 2.0}}, 16, (1 + cos(pi * (15 - 100 / 7) / (200 / 7))) / 2),
        ({"exponential": 0.01}, 51, 0.1),
        ({"inverse_sqrt": 25}, 1, 1.0),
        ({"inverse_sqrt": 25}, 26, sqrt(1 / 2)),
        ({"inverse_sqrt": 0.25}, 76, 0.5),
        ("polynomial", 51, 0.5),
        ({"polynomial": {"power": 2.0, "final": 0.2}}, 51, 0.4),
        ("one_cycle", 1, 0.04),
        ("one_cycle", 16, 0.52),
        ("one_cycle", 31, 1.0),
        ({"one_cycle": {"final": 0.0}}, 66, 0.5),
        ({"one_cycle": {"rise": 50, "start": 0.5}}, 26, 0.75),
        ({"step": 0.25}, 25, 1.0),
        ({"step": 0.25}, 26, 0.1),
        ({"step": {"every": 10, "drop": 0.5}}, 100, 0.5**9),
        ({"step": {"at": [0.5, 75], "drop": 0.5}}, 50, 1.0),
        ({"step": {"at": [0.5, 75], "drop": 0.5}}, 51, 0.5),
        ({"step": {"at": [0.5, 75], "drop": 0.5}}, 76, 0.25),
        ({"warmup": 10}, 1, 0.1),
        ({"warmup": 10}, 10, 1.0),
        ({"warmup": 10}, 11, 1.0),
        ({"warmup": {"steps": 10, "start": 0.5}}, 5, 0.75),
        ({"warmup": {"steps": 0.2, "then": "polynomial"}}, 21, 1.0),
        # Of the 80 steps left 40 are over.
        ({"warmup": {"steps": 0.2, "then": "polynomial"}}, 61, 0.5),
        ({"warmup": {"steps": 10, "then": {"warmup": {"steps": 10, "start": 0.5}}}}, 15, 0.75),
    ],
)
def test_one_factor_by_hand(entry: object, step: int, expected: float) -> None:
    assert part(Schedule, entry, {}).factor(step, STEPS) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_transformers_warmup_is_the_published_one() -> None:
    """A. Vaswani and others, 2017, equation 3: min(s^-0.5, s w^-1.5), here by its largest value."""
    found = factors({"warmup": {"steps": 40, "then": {"inverse_sqrt": 40}}}, 400)
    for step, factor in enumerate(found, 1):
        published = min(step**-0.5, step * 40**-1.5) * sqrt(40)
        # The published fall starts with the step after the peak, this one at it.
        assert factor == pytest.approx(published, rel=0.013)
    assert found[:40] == pytest.approx([step / 40 for step in range(1, 41)], rel=1e-12)


def test_restarts_jump_to_the_full_rate_and_fall_in_between() -> None:
    found = factors({"cosine": {"restarts": 3}})
    jumps = [step for step in range(1, STEPS) if found[step] > found[step - 1]]
    assert jumps == [25, 50, 75]
    assert [found[step] for step in jumps] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("step", "give either `every` or `at`"),
        ("{step: {every: 10, at: [20]}}", "give either `every` or `at`"),
        ("{step: 0}", "a number of steps, at least 1, or a share"),
        ("{step: 1.5}", "a number of steps, at least 1, or a share"),
        ("{step: {at: [0.5, -1]}}", "a number of steps, at least 1, or a share"),
        ("{warmup: true}", "a number of steps, at least 1, or a share"),
        ("warmup", "`steps` is missing"),
        ("{warmup: {steps: 5, then: cosin}}", "did you mean `cosine`?"),
        ("{cosine: {growth: 0.5}}", "growth"),
        ("{exponential: 0}", "exponential"),
        ("{polynomial: {power: 0}}", "power"),
    ],
)
def test_options_out_of_range_are_said_with_their_place(schedule: str, said: str) -> None:
    text = (
        "nnspec: 1\nname: try\ndataset: xor\ninput: 2\nlayers: [dense: 1, sigmoid]\n"
        f"cost: quadratic\noptimizer: {{sgd: 0.1}}\nschedule: {schedule}\n"
    )
    with pytest.raises(SpecError) as caught:
        parse(text)
    message = str(caught.value)
    assert said in message
    assert ":8:" in message
