"""Which evaluation is the best, which checkpoints stay, and when training no longer helps."""

import json
from typing import Any

import pytest

from nnspec.runs.judgement import Judgement
from nnspec.spec.train import Train


def judgement(direction: str = "higher", **train: Any) -> Judgement:
    return Judgement(Train.model_validate(train), "validation.figure", direction)


def heard(judge: Judgement, values: list[float | None]) -> list[bool]:
    """Which of these evaluations, one an epoch, were the best so far."""
    return [
        judge.hear({"validation": {"figure": value}}, epoch, 0, f"epoch-{epoch}")
        for epoch, value in enumerate(values, 1)
    ]


def test_the_best_is_the_first_of_the_highest_or_of_the_lowest() -> None:
    values: list[float | None] = [0.5, 0.7, 0.7, 0.6, 0.9]
    assert heard(judgement(), values) == [True, True, False, False, True]
    assert heard(judgement("lower"), values) == [True, False, False, False, False]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_what_is_no_figure_is_never_the_best(missing: float | None) -> None:
    judge = judgement()
    assert heard(judge, [missing, 0.1, missing]) == [False, True, False]
    assert judge.best is not None
    assert judge.best["epoch"] == 2


def test_patience_counts_evaluations_without_an_improvement_that_is_large_enough() -> None:
    judge = judgement("lower", early_stopping={"patience": 3, "min_delta": 0.1})
    heard(judge, [1.0, 0.95, 0.92])
    assert judge.verdict is None
    heard(judge, [0.89, 0.85, 0.84])
    assert judge.verdict is None
    # Better than ever, and yet by too little for the third time.
    assert heard(judge, [0.8])[-1]
    assert judge.verdict is not None
    assert "did not improve in 3 evaluations" in judge.verdict


def test_without_early_stopping_patience_has_no_end() -> None:
    judge = judgement()
    heard(judge, [0.5] * 1000)
    assert judge.verdict is None


def test_the_names_of_the_best_stay_where_more_than_one_shall() -> None:
    judge = judgement(checkpoint={"keep_best": 2})
    kept = ({1}, {1, 2}, {1, 3}, {1, 3}, {3, 5})
    for epoch, (value, names) in enumerate(zip((0.5, 0.4, 0.6, 0.5, 0.7), kept, strict=True), 1):
        judge.hear({"validation": {"figure": value}}, epoch, 0, f"epoch-{epoch}")
        assert set(judge.names) == {f"epoch-{number}" for number in names}
    assert judgement().names == ()


def test_what_it_remembers_goes_through_json_and_back() -> None:
    first, second, whole = (
        judgement(early_stopping={"patience": 2}, checkpoint={"keep_best": 3}) for _ in range(3)
    )
    values: list[float | None] = [0.5, 0.9, 0.8, 0.7]
    heard(whole, values)
    heard(first, values[:2])
    second.restore(json.loads(json.dumps(first.state())))
    for epoch, value in enumerate(values[2:], 3):
        second.hear({"validation": {"figure": value}}, epoch, 0, f"epoch-{epoch}")
    assert second.state() == whole.state()
    assert second.verdict == whole.verdict is not None
