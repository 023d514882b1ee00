"""Stretches of training and of time: what may be written, what it means, and what is said of the rest."""

import pytest
from pydantic_core import PydanticCustomError

from nnspec.errors import SpecError
from nnspec.spec.intervals import Interval, duration, every, steps
from nnspec.spec.specification import parse

SPEC = """\
nnspec: 1
dataset: moons
input: 2
layers: [{dense: 2}, softmax]
cost: cross_entropy
optimizer: {sgd: 0.1}
train: {checkpoint: {every: 2 epochs}, time_budget: 1.5 h, validate_every: 20 steps}
"""


@pytest.mark.parametrize(
    ("text", "expected", "canonical"),
    [
        ("1 epoch", Interval(1, "epochs"), "1 epoch"),
        ("2epochs", Interval(2, "epochs"), "2 epochs"),
        (" 500  steps ", Interval(500, "steps"), "500 steps"),
        ("60 s", Interval(60, "s"), "60 s"),
        ("1 second", Interval(1, "s"), "1 s"),
        ("10 minutes", Interval(10, "min"), "10 min"),
        ("0.5 h", Interval(0.5, "h"), "0.5 h"),
    ],
)
def test_a_number_and_its_unit_are_an_interval(text: str, expected: Interval, canonical: str) -> None:
    assert every(text) == expected
    assert str(expected) == canonical
    assert every(canonical) == expected


def test_an_interval_has_a_length_in_one_unit() -> None:
    assert (every("3 epochs").epochs, every("3 epochs").steps, every("3 epochs").seconds) == (3, None, None)
    assert (every("3 steps").epochs, every("3 steps").steps, every("3 steps").seconds) == (None, 3, None)
    assert [duration(text).seconds for text in ("3 s", "2 min", "1.5 h")] == [3, 120, 5400]


@pytest.mark.parametrize(
    "value", [60, 1.5, "60", "s", "60 x", "-1 s", "1e3 s", "", None, True, ["1 s"], "1 s 2 s"]
)
def test_what_is_no_interval_is_told_the_forms_there_are(value: object) -> None:
    with pytest.raises(PydanticCustomError, match="expected a number with its unit") as caught:
        every(value)
    assert caught.value.context is not None
    assert "`1 epoch`, `500 steps`, `60 s`" in caught.value.context["hint"]


@pytest.mark.parametrize("text", ["0 s", "0 steps", "1.5 epochs", "0.5 steps"])
def test_nothing_and_parts_of_steps_are_no_intervals(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="number"):
        every(text)


def test_each_entry_takes_its_own_units() -> None:
    for parsed, text in ((steps, "10 s"), (steps, "1 epoch"), (duration, "10 steps")):
        with pytest.raises(PydanticCustomError):
            parsed(text)


def test_a_spec_says_them_and_shows_them_again() -> None:
    train = parse(SPEC).resolved()["train"]
    assert train["checkpoint"] == {"every": "2 epochs", "keep_best": 1, "keep_every": None}
    assert (train["time_budget"], train["validate_every"]) == ("1.5 h", "20 steps")
    with pytest.raises(SpecError, match=r"train\.checkpoint\.every: expected a number with its unit, found 2"):
        parse(SPEC.replace("2 epochs", "2"))
