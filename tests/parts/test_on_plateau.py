"""on_plateau: when it drops, worked by hand and against PyTorch's rule written out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.schedule import Schedule
from nnspec.registry import default_resolver

part = default_resolver().part


def reactions(entry: object, figures: Sequence[float]) -> list[float]:
    schedule, factors = part(Schedule, entry, {}), []
    state: Mapping[str, Any] = {}
    for figure in figures:
        before = dict(state)
        changed, factor = schedule.react(state, figure)
        assert state == before, "a state that is handed in is left as it is"
        state = changed
        factors.append(factor)
    return factors


@pytest.mark.parametrize(
    ("options", "figures", "expected"),
    [
        # The second and third are no better than the first; so are the fourth and fifth.
        ({"patience": 2}, [3, 3, 4, 3, 3.5], [1, 1, 0.1, 0.1, 0.01]),
        ({"patience": 2}, [3, 3, 2, 2, 1, 1, 1], [1, 1, 1, 1, 1, 1, 0.1]),
        ({"patience": 1, "drop": 0.5}, [3, 4, 5, 2, 3], [1, 0.5, 0.25, 0.25, 0.125]),
        # Better by too little is not better.
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.55], [1, 1, 0.1]),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.4, 2.3], [1, 1, 1, 1]),
        # Two evaluations of cooldown behind the drop of the third.
        ({"patience": 2, "cooldown": 2}, [3, 3, 3, 3, 3, 3, 3], [1, 1, 0.1, 0.1, 0.1, 0.1, 0.01]),
        ({"patience": 1, "lowest": 0.05}, [3, 3, 3, 3], [1, 0.1, 0.05, 0.05]),
        # A figure that is better when higher comes with its sign turned.
        ({"patience": 2}, [-0.5, -0.6, -0.55, -0.6], [1, 1, 1, 0.1]),
    ],
)
def test_drops_worked_by_hand(options: Any, figures: list[float], expected: list[float]) -> None:
    assert reactions({"on_plateau": options}, figures) == pytest.approx(expected, rel=1e-12)


def by_pytorch(figures: Sequence[float], patience: int, cooldown: int) -> list[float]:
    """torch.optim.lr_scheduler.ReduceLROnPlateau.step with threshold_mode="abs", line by line."""
    best, bad, resting, rate, rates = np.inf, 0, 0, 1.0, []
    for figure in figures:
        if figure < best - 1e-4:
            best, bad = figure, 0
        else:
            bad += 1
        if resting > 0:
            resting -= 1
            bad = 0
        if bad > patience:
            rate, resting, bad = rate * 0.1, cooldown, 0
        rates.append(rate)
    return rates


@pytest.mark.parametrize(("patience", "cooldown"), [(1, 0), (3, 0), (2, 4), (4, 1)])
def test_drops_are_pytorchs_with_one_more_to_wait(patience: int, cooldown: int) -> None:
    random = np.random.default_rng(patience)
    figures = list(1 / np.arange(1, 61) + random.normal(0, 0.05, 60))
    found = reactions({"on_plateau": {"patience": patience, "cooldown": cooldown}}, figures)
    assert found == pytest.approx(by_pytorch(figures, patience - 1, cooldown))
    assert len(set(found)) > 2


def test_a_warmup_heeds_no_evaluation_before_it_is_over() -> None:
    """Nested ones count their own steps: 4 of 10, and then 0.5 of the 6 that are left."""
    warm = part(Schedule, {"warmup": {"steps": 4, "then": {"warmup": {"steps": 0.5, "then": "on_plateau"}}}}, {})
    assert [step for step in range(1, 11) if warm.heeds(step, 10)] == [8, 9, 10]
    assert not part(Schedule, {"warmup": 4}, {}).heeds(10, 10)
    assert part(Schedule, "on_plateau", {}).heeds(1, 10)


def test_a_warmup_hands_evaluations_on_to_what_follows() -> None:
    alone = reactions({"on_plateau": 2}, [1, 2, 3, 4, 5])
    assert reactions({"warmup": {"steps": 4, "then": {"on_plateau": 2}}}, [1, 2, 3, 4, 5]) == alone
    assert reactions({"warmup": 4}, [1, 2, 3]) == [1, 1, 1]


def test_other_schedules_do_not_react() -> None:
    for entry in default_resolver().catalogue.entries("schedules"):
        if entry.distribution == "nnspec" and entry.name not in {"on_plateau", "warmup"}:
            options = {"step": {"every": 3}}.get(entry.name, {})
            assert reactions({entry.name: options}, [1, 1, 1]) == [1, 1, 1]
