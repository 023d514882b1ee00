"""check_schedule: factors that depend on the step alone, reactions on what they are handed."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from nnspec.contracts.schedule import Schedule
from nnspec.testing.contract import require
from nnspec.testing.parts import check_part, rebuilt

LENGTHS = (1, 2, 7, 100, 10_001)
"""Steps that a training takes."""
FIGURES = (3.0, 2.0, 2.0, 2.5, 1.0, *[1.0] * 20, -1.0, -1.0)
"""What is monitored, from evaluation to evaluation."""


def check_schedule(schedule: Schedule) -> None:
    """Checks a schedule over trainings of one step and of many.

    Its factors are Python floats, finite and at least 0; they depend on the step alone, in whatever order they are
    asked for and whichever instance is asked, so that a run that is resumed goes on with the same rate. Some
    factor is above 0: a rate of 0 all along trains nothing. What it makes of evaluations is kept in a state of
    plain JSON, so that a checkpoint can hold it, and in nothing else. See also `check_part`.

    Args:
        schedule: The schedule.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(schedule)
    for steps in LENGTHS:
        places = sorted({*range(1, min(steps, 60) + 1), steps // 2 or 1, max(steps - 1, 1), steps})
        factors = {step: schedule.factor(step, steps) for step in places}
        for step, factor in factors.items():
            _check_factor(schedule, step, steps, factor)
        detail = f"all of {len(places)} factors over {steps} steps are 0."
        require(any(factors.values()), schedule, "some factor is above 0", detail)
        other = rebuilt(schedule)
        rule = "a factor depends on the step alone"
        hint = "Likely mistake: something kept on the schedule; a resumed run starts in the middle."
        for step in reversed(places):
            again = {"asked again": schedule.factor(step, steps), "of another instance": other.factor(step, steps)}
            _check_heeding(schedule, other, step, steps)
            for which, factor in again.items():
                detail = f"step {step} of {steps}: {factors[step]!r}, {which} {factor!r}. {hint}"
                require(factor == factors[step], schedule, rule, detail)
    _check_reactions(schedule)


def _check_heeding(schedule: Schedule, other: Schedule, step: int, steps: int) -> None:
    heeds, again = schedule.heeds(step, steps), other.heeds(step, steps)
    detail = f"step {step} of {steps}: {heeds!r}, of another instance {again!r}."
    require(isinstance(heeds, bool), schedule, "whether an evaluation counts is a bool", detail)
    require(heeds == again, schedule, "which evaluations count depends on the step alone", detail)


def _check_reactions(schedule: Schedule) -> None:
    kept: Mapping[str, Any] = {}
    for number, figure in enumerate(FIGURES, 1):
        handed = json.dumps(kept)
        changed, factor = schedule.react(kept, figure)
        _check_factor(schedule, number, len(FIGURES), factor)
        detail = f"evaluation {number}: state {handed} became {json.dumps(kept)}. Return a new mapping instead."
        require(json.dumps(kept) == handed, schedule, "a state that is handed in is left as it is", detail)
        again = rebuilt(schedule).react(json.loads(handed), figure)
        detail = f"evaluation {number}: {(changed, factor)!r}, of another instance {again!r}. Likely mistake: "
        detail += "something kept on the schedule, or a state that JSON changes, such as tuples."
        require(again == (changed, factor), schedule, "a reaction depends on state and figure alone", detail)
        kept = json.loads(json.dumps(changed))


def _check_factor(schedule: Schedule, step: int, steps: int, factor: object) -> None:
    detail = f"step {step} of {steps}: {factor!r} ({type(factor).__name__})."
    # NumPy's float64 is a float, and would make the weights float64.
    require(type(factor) is float, schedule, "a factor is a Python float", detail)
    good = isinstance(factor, float) and isfinite(factor) and factor >= 0
    hint = "Likely mistake: steps counted from 0, or a division by the steps that are left."
    require(good, schedule, "a factor is finite and at least 0", f"{detail} {hint}")
