"""Several labels a sample, end to end: from tables and arrays to metrics that count each label."""

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.contracts.metric import Metric
from nnspec.contracts.targets import Targets
from nnspec.registry import default_resolver
from nnspec.types import Array

SPEC = """
nnspec: 1
dataset: {dataset}
transforms: []
input: 2
layers: [{{dense: 8}}, tanh, {{dense: 3}}, sigmoid]
cost: binary_cross_entropy
optimizer: {{adam: 0.02}}
train: {{epochs: 60, batch_size: 20}}
{metrics}
"""
METRICS = "metrics: [accuracy, {f1: by_class}, precision, {recall: micro}, auc, calibration]"


def points() -> tuple[Array, Array]:
    """Points, and whether each is right, above, and far from the middle: none, some or all of the three."""
    x = np.random.default_rng(0).uniform(-1, 1, (400, 2))
    return x, np.stack([x[:, 0] > 0, x[:, 1] > 0, np.abs(x).max(axis=1) > 0.6], axis=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    x, labels = points()
    np.savez(tmp_path / "ints.npz", inputs=x, targets=labels.astype(np.int64))
    np.savez(tmp_path / "floats.npz", inputs=x, targets=labels.astype(np.float64))
    rows = np.concatenate([x, labels], axis=1).tolist()
    lines = [",".join(f"{value:g}" for value in row) for row in rows]
    (tmp_path / "points.csv").write_text("\n".join(["x,y,right,above,far", *lines, ""]))
    return tmp_path


@pytest.mark.parametrize(
    "dataset",
    [
        "{csv: {path: points.csv, target: [right, above, far], test: 0.25}}",
        "{npz: {path: ints.npz, test: 0.25}}",
        "{npz: {path: floats.npz, test: 0.25}}",
    ],
)
def test_labels_are_learned_from_tables_and_arrays(folder: Path, dataset: str) -> None:
    spec = folder / "spec.yaml"
    spec.write_text(SPEC.format(dataset=dataset, metrics=METRICS))
    run = nnspec.run(spec, folder / "run")
    figures = run.facts["metrics"]["test"]
    _, labels = points()
    assert figures["accuracy"] > 0.8
    assert len(figures["f1"]) == 3
    assert min(*figures["f1"], figures["precision"], figures["recall"], figures["auc"]) > 0.85
    x, labels = points()
    assert ((run.predict(x).outputs > 0.5) == labels).mean() > 0.9
    assert run.classes is None


def test_the_default_metric_counts_labels(folder: Path) -> None:
    spec = folder / "spec.yaml"
    spec.write_text(SPEC.format(dataset="{npz: {path: ints.npz, test: 0.25}}", metrics=""))
    run = nnspec.run(spec, folder / "run")
    test = run.dataset().test
    assert test is not None
    right = ((run.predict(test.inputs).outputs > 0.5) == test.targets).all(axis=1)
    assert run.facts["metrics"]["test"]["accuracy"] == pytest.approx(right.mean())


def test_rates_of_labels_are_counted_by_hand() -> None:
    """Four samples of two labels; of the first 2 of 3 answers are right and 2 of 2 found, of the second 1 of 1 and
    1 of 3; one sample is right throughout.
    """
    y = np.array([[0.9, 0.8, 0.7, 0.1], [0.2, 0.6, 0.4, 0.3]])
    t = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]])
    targets = Targets("labels", ("a", "b"))

    def result(entry: object) -> object:
        metric = default_resolver().part(Metric, entry, {}).settle(targets)
        return metric.result(metric.measure(y, t))

    assert result({"precision": "by_class"}) == pytest.approx([2 / 3, 1])
    assert result({"recall": "by_class"}) == pytest.approx([1, 1 / 3])
    assert result("recall") == pytest.approx(2 / 3)
    assert result({"precision": "micro"}) == pytest.approx(3 / 4)
    assert result({"f1": "micro"}) == pytest.approx(2 * 3 / (4 + 5))
    assert result("accuracy") == 2 / 4
    # Of the first label every pair is in order; of the second 0.6, 0.4 and 0.3 are all above 0.2.
    assert result("auc") == pytest.approx(1)
