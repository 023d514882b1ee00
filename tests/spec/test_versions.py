"""An older spec is brought up to today's version in one place; problems point into the text as it was written."""

from dataclasses import replace
from pathlib import Path

import pytest

from nnspec.errors import SpecError
from nnspec.spec import versions
from nnspec.spec.marks import Tree
from nnspec.spec.problems import Problem
from nnspec.spec.specification import load, parse

OLD = """\
nnspec: 1
dataset: xor
input: 2
layers:
  - dense: {units: 1, activation: sigmoid}
loss: binary_cross_entropy
optimizer: {sgd: 0.1}
"""


def loss_became_cost(tree: Tree) -> Tree:
    """A made-up second version, in which a section has another name."""
    value = {"cost" if name == "loss" else name: part for name, part in tree.value.items()}
    places = {("cost", *path[1:]) if path[:1] == ("loss",) else path: place for path, place in tree.places.items()}
    return replace(tree, value=value, places=places)


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this release wrote version 2."""
    for module in ("versions", "document"):
        monkeypatch.setattr(f"nnspec.spec.{module}.FORMAT", 2)
    monkeypatch.setitem(versions.UPGRADES, 1, loss_became_cost)


@pytest.mark.usefixtures("second_version")
def test_an_older_spec_is_upgraded() -> None:
    spec = parse(OLD)
    assert spec.document.nnspec == 2
    assert spec.resolved()["cost"] == {"binary_cross_entropy": {"class_weights": None}}
    assert parse(spec.to_yaml()).resolved() == spec.resolved()


@pytest.mark.usefixtures("second_version")
def test_a_problem_of_an_older_spec_stands_where_it_was_written() -> None:
    with pytest.raises(SpecError) as caught:
        parse(OLD.replace("binary_cross_entropy", "binary_crossentropy"), "old.yaml")
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert str(problem.mark) == "old.yaml:6:7"


@pytest.mark.usefixtures("second_version")
def test_a_base_is_upgraded_by_its_own_version(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(OLD, "utf-8")
    (tmp_path / "new.yaml").write_text("extends: base.yaml\nnnspec: 2\ntrain: {epochs: 3}\n", "utf-8")
    spec = load(tmp_path / "new.yaml")
    assert spec.document.train.epochs == 3
    assert spec.resolved()["cost"] == {"binary_cross_entropy": {"class_weights": None}}


def test_today_there_is_nothing_to_upgrade() -> None:
    assert versions.FORMAT == 1
    with pytest.raises(SpecError, match="there is no section `loss`"):
        parse(OLD)
