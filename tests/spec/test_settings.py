"""``--set``: paths, values, and mistakes in them."""

from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.spec.problems import Problem
from nnspec.spec.specification import parse

SPEC = """\
nnspec: 1
name: try
dataset: mnist
input: 784
layers:
  - dense: 30
  - relu
  - dense: 10
  - softmax
cost: cross_entropy
optimizer: sgd
expect: {test.accuracy: {min: 0.5}}
"""


def resolved(*settings: str) -> dict[str, Any]:
    return parse(SPEC, settings=("optimizer.sgd.learning_rate=0.1", *settings)).resolved()


@pytest.mark.parametrize(
    ("setting", "path", "expected"),
    [
        ("train.epochs=3", ("train", "epochs"), 3),
        (" train . epochs = 3", ("train", "epochs"), 3),
        ("train={epochs: 3, batch_size: 7}", ("train", "batch_size"), 7),
        ("layers.0.dense=20", ("layers", 0, "dense", "units"), 20),
        ("layers[0].dense=20", ("layers", 0, "dense", "units"), 20),
        ("layers[-4].dense=20", ("layers", 0, "dense", "units"), 20),
        ("layers.-4.dense=20", ("layers", 0, "dense", "units"), 20),
        ("layers.relu=tanh", ("layers", 1), {"tanh": {}}),
        ("layers.0.dense={units: 5, bias: false}", ("layers", 0, "dense", "bias"), False),
        ("layers.1=leaky_relu: 0.2", ("layers", 1, "leaky_relu", "slope"), 0.2),
        ("optimizer={momentum: 1e-2}", ("optimizer", "momentum", "learning_rate"), 0.01),
        ("optimizer.adam=0.01", ("optimizer", "adam", "learning_rate"), 0.01),
        ("regularizer.l2=1e-4", ("regularizer", "l2", "strength"), 1e-4),
        ("regularizer=", ("regularizer",), None),
        ("dataset.mnist.validation=100", ("dataset", "mnist", "validation"), 100),
        ("expect.test.accuracy.min=0.7", ("expect", "test.accuracy", "min"), 0.7),
        ("description=a = b", ("description",), "a = b"),
        ("name=no", ("name",), "no"),
    ],
)
def test_a_setting_replaces_one_value(setting: str, path: tuple[Any, ...], expected: Any) -> None:
    value: Any = resolved(setting)
    for step in path:
        value = value[step]
    assert value == expected


def test_later_settings_win() -> None:
    assert resolved("seed=1", "seed=2", "seed=3")["seed"] == 3


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("epochs", "expected PATH=VALUE"),
        ("=3", "expected PATH=VALUE"),
        ("train.epochs=three", 'train.epochs: expected a whole number, found the text "three"'),
        ("train.epochz=3", "did you mean `epochs`?"),
        ("trian.epochs=3", "did you mean `train`?"),
        ("train.epochs=[1", "not YAML"),
        ("train.epochs=!!int 3", "the tag"),
        ("train.epochs.more=3", "has nothing called|expected a whole number"),
        ("seed.more=3", "expected a whole number|has nothing called `more`"),
        ("layers.7.dense=3", "items are numbered from 0 to 3"),
        ("layers.-5=relu", "items are numbered from 0 to 3"),
        ("layers.dense=3", "stands there 2 times: name it by its number, 0 or 2"),
        ("layers.rely=3", "did you mean `relu`?"),
        ("layers.²=3", "`²` is no item"),
        ("layers.--1=3", "`--1` is no item"),
        ("layers.99999999999999999999=3", "is no item"),
        ("layers=[]", "expected at least one entry"),
        ("name= ", "expected text, found nothing"),
        ("name=\udcff", "not UTF-8 text"),
        ("name=\0", "control characters"),
        ("seed=" + "9" * 5000, "a number too long to hold"),
        ("a" + ".a" * 5000 + "=1", "more than 50 steps"),
        ("name=" + "[" * 5000, "nested deeper"),
        ("x=" + "y" * 1_000_001, "larger than"),
    ],
)
def test_a_mistake_in_a_setting_points_at_the_setting(setting: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        resolved(setting)
    text = str(caught.value)
    assert any(part in text for part in said.split("|"))
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert problem.mark.text.name == "--set"
    assert problem.mark.line == 1


def test_what_was_not_set_keeps_its_place_in_the_file() -> None:
    with pytest.raises(SpecError) as caught:
        parse(SPEC.replace("relu", "rely"), "s.yaml", ["optimizer.sgd=0.1"])
    (problem,) = caught.value.problems
    assert str(problem).startswith("s.yaml:7:5: layers[1]")
