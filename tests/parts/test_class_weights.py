"""Class weights: against sums written out, against samples repeated, and through a run."""

from math import log
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.contracts.cost import Cost
from nnspec.contracts.metric import Metric
from nnspec.contracts.targets import Targets
from nnspec.engine.context import LayerContext
from nnspec.errors import SpecError, TargetsError
from nnspec.registry import default_resolver
from nnspec.runs.opened import OpenedRun
from nnspec.testing import check_cost

part = default_resolver().part
THREE = Targets("classes", ("cat", "dog", "bird"), (6, 3, 1), 10)
TWO = Targets("classes", ("no", "yes"), (8, 2), 10)
LABELS = Targets("labels", ("red", "round", "large"), (5, 2, 1), 10)


def settled(entry: object, targets: Targets) -> Cost:
    return part(Cost, entry, {}).settle(targets)


def context() -> LayerContext:
    return LayerContext(np.random.default_rng(0), np.dtype(np.float64))


@pytest.mark.parametrize(
    ("cost", "weights", "targets", "expected"),
    [
        ("cross_entropy", "balanced", THREE, (10 / 18, 10 / 9, 10 / 3)),
        ("cross_entropy", {"bird": 5}, THREE, (1, 1, 5)),
        ("cross_entropy", [1, 2, 3], THREE, (1, 2, 3)),
        ("binary_cross_entropy", "balanced", TWO, (10 / 16, 10 / 4)),
        ("binary_cross_entropy", "balanced", LABELS, (1, 4, 9)),
        ("binary_cross_entropy", {"round": 2.5}, LABELS, (1, 2.5, 1)),
    ],
)
def test_weights_are_settled_by_the_training_targets(
    cost: str, weights: object, targets: Targets, expected: tuple[float, ...]
) -> None:
    found = settled({cost: {"class_weights": weights}}, targets)
    assert found.model_dump()["class_weights"] == pytest.approx(expected, rel=1e-15)
    assert found.settle(targets) == found


def test_balanced_waits_for_the_data() -> None:
    names_alone = Targets("classes", ("no", "yes"))
    for entry in ("cross_entropy", "binary_cross_entropy"):
        cost = part(Cost, {entry: {"class_weights": "balanced"}}, {})
        assert cost.settle(names_alone) is cost


@pytest.mark.parametrize(
    ("cost", "weights", "targets", "message", "hint"),
    [
        ("cross_entropy", {"brid": 2}, THREE, "`brid` is none of the classes", "did you mean `bird`?"),
        ("cross_entropy", {"horse": 2}, THREE, "`horse` is none of the classes", "there are cat, dog, bird"),
        ("cross_entropy", [1, 2], THREE, "2 weights for 3 classes", "give one for each of cat, dog, bird"),
        ("cross_entropy", "balanced", LABELS, "the targets are labels", "leave them out"),
        ("binary_cross_entropy", "balanced", THREE, "two classes in one output, or for labels", "cross_entropy"),
    ],
)
def test_weights_that_do_not_fit_say_so(
    cost: str, weights: object, targets: Targets, message: str, hint: str
) -> None:
    with pytest.raises(TargetsError, match=message) as caught:
        settled({cost: {"class_weights": weights}}, targets)
    assert hint in caught.value.hint
    assert caught.value.option[0] == "class_weights"


@pytest.mark.parametrize(
    ("entry", "targets", "shape"),
    [
        ({"cross_entropy": {"class_weights": [0.5, 2, 3]}}, THREE, (3,)),
        ({"cross_entropy": {"class_weights": [0.5, 2, 3], "smoothing": 0.2}}, THREE, (3, 2)),
        ({"binary_cross_entropy": {"class_weights": [0.25, 4]}}, TWO, (1,)),
        ({"binary_cross_entropy": {"class_weights": [0.25, 4, 1]}}, LABELS, (3,)),
    ],
)
def test_weighted_costs_keep_the_contract(entry: object, targets: Targets, shape: tuple[int, ...]) -> None:
    """Gradients by central differences, from outputs and from logits alike."""
    check_cost(settled(entry, targets), shape, batch=6)


def test_a_weighted_sample_counts_like_so_many_of_it() -> None:
    """Weights 1 and 3 over 2 samples: the sum of a sample and three of the other, over 2."""
    y = np.array([[0.7, 0.4], [0.3, 0.6]])
    t = np.array([[1.0, 0.0], [0.0, 1.0]])
    weighted = settled({"cross_entropy": {"class_weights": [1, 3]}}, TWO)
    plain = part(Cost, "cross_entropy", {})
    repeated = [0, 1, 1, 1]
    value = plain.value(y[:, repeated], t[:, repeated], context()) * 4 / 2
    assert weighted.value(y, t, context()) == pytest.approx(value, rel=1e-14)
    assert value == pytest.approx(-(log(0.7) + 3 * log(0.6)) / 2, rel=1e-14)
    gradient = weighted.gradient(y, t, context())
    assert gradient == pytest.approx(np.array([[-1 / 0.7, 0], [0, -3 / 0.6]]) / 2, rel=1e-14)


def test_weights_of_two_classes_in_one_output_are_those_of_both_sides() -> None:
    y, t = np.array([[0.2, 0.9]]), np.array([[1.0, 0.0]])
    cost = settled({"binary_cross_entropy": {"class_weights": [2, 5]}}, TWO)
    assert cost.value(y, t, context()) == pytest.approx(-(5 * log(0.2) + 2 * log(0.1)) / 2, rel=1e-14)


def test_weights_of_labels_are_of_those_that_hold() -> None:
    y, t = np.array([[0.2], [0.9], [0.4]]), np.array([[1.0], [1.0], [0.0]])
    cost = settled({"binary_cross_entropy": {"class_weights": [2, 5, 7]}}, LABELS)
    expected = -(2 * log(0.2) + 5 * log(0.9) + log(0.6))
    assert cost.value(y, t, context()) == pytest.approx(expected, rel=1e-14)


SPEC = """
nnspec: 1
dataset: {{npz: {{path: rare.npz, test: 0.5}}}}
transforms: []
input: 1
layers: [{{dense: 2}}, softmax]
cost: {{cross_entropy: {{class_weights: {weights}}}}}
optimizer: {{sgd: 0.5}}
train: {{epochs: 20, batch_size: 20}}
metrics: [accuracy, {{recall: by_class}}]
"""


@pytest.fixture
def rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two classes that overlap, one of them ten times as frequent as the other."""
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [400, 40])
    inputs = (2 * labels + random.standard_normal(440))[:, np.newaxis]
    np.savez(tmp_path / "rare.npz", inputs=inputs, targets=labels)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder: Path, weights: str) -> OpenedRun:
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(weights=weights))
    return nnspec.run(path, folder / "run", force=True)


def test_balanced_weights_find_the_rare_class(rare: Path) -> None:
    recall = {weights: run(rare, weights).facts["metrics"]["test"]["recall"] for weights in ("balanced", "[1, 1]")}
    assert recall["[1, 1]"][1] < 0.7 < recall["balanced"][1]


def test_a_run_folder_holds_the_settled_weights_and_judges_by_them(rare: Path) -> None:
    opened = run(rare, "balanced")
    assert opened.spec.document.cost.model_dump()["class_weights"] == pytest.approx([0.55, 5.5])
    _, evaluation = opened.evaluate("test")
    assert evaluation.cost == pytest.approx(opened.facts["metrics"]["test"]["cost"], rel=1e-6)


def test_a_name_that_is_no_class_is_shown_in_the_spec(rare: Path) -> None:
    with pytest.raises(SpecError, match=r"spec.yaml:7:.*`2` is none of the classes"):
        run(rare, '{"2": 3}')


def test_metrics_of_classes_refuse_numbers() -> None:
    numbers = Targets("numbers", ("price",))
    for name in ("accuracy", "precision", "recall", "f1", "auc", "calibration", "confusion", "top_k"):
        with pytest.raises(TargetsError, match="the targets are numbers"):
            part(Metric, name, {}).settle(numbers)
    for name in ("mae", "rmse", "r2"):
        assert part(Metric, name, {}).settle(numbers) == part(Metric, name, {})
