"""What outputs are held against: standardized numbers, shown in their own units, and inputs to be given back."""

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.engine.goal import Goal
from nnspec.errors import SpecError
from nnspec.runs.opened import OpenedRun
from nnspec.types import Array

REGRESSION = """
nnspec: 1
dataset: {npz: {path: prices.npz, test: 0.25}}
transforms: [standardize]
input: 2
layers: [{dense: 8}, tanh, {dense: 2}]
targets: standardized
cost: quadratic
optimizer: {adam: 0.02}
train: {epochs: 60, batch_size: 20}
metrics: [mae, rmse, r2]
"""
AUTOENCODER = """
nnspec: 1
dataset: {npz: {path: prices.npz, test: 0.25}}
transforms: [standardize]
input: 2
layers: [{dense: 4}, tanh, {dense: 2}]
targets: inputs
cost: quadratic
optimizer: {adam: 0.02}
train: {epochs: 40, batch_size: 20}
metrics: [mae, r2]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two numbers to predict, in units far from 1 and from each other."""
    x = np.random.default_rng(0).uniform(-1, 1, (400, 2))
    targets = np.stack([250_000 + 60_000 * x[:, 0], 0.002 * x[:, 0] * x[:, 1]], axis=1)
    np.savez(tmp_path / "prices.npz", inputs=x, targets=targets)
    return tmp_path


def run(folder: Path, text: str) -> OpenedRun:
    (folder / "spec.yaml").write_text(text)
    return nnspec.run(folder / "spec.yaml", folder / "run", force=True)


def test_metrics_and_predictions_are_in_the_units_of_the_data(folder: Path) -> None:
    """Against figures made of `predict` by hand; the cost alone is that of the standardized targets."""
    opened = run(folder, REGRESSION)
    test = opened.dataset().test
    assert test is not None
    outputs, figures = opened.predict(test.inputs).outputs, opened.facts["metrics"]["test"]
    missed = outputs - test.targets
    assert figures["mae"] == pytest.approx(np.abs(missed).mean(), rel=1e-5)
    assert figures["rmse"] == pytest.approx(np.sqrt(np.square(missed).mean()), rel=1e-5)
    assert figures["r2"] > 0.9
    train = opened.dataset().train
    standardized = missed / train.targets.astype(np.float64).std(axis=0)
    assert figures["cost"] == pytest.approx(np.square(standardized).sum(axis=1).mean() / 2, rel=1e-4)
    assert 200_000 < outputs[:, 0].mean() < 300_000
    assert opened.evaluate("test")[1].values == pytest.approx(figures, rel=1e-6)


def test_standardized_targets_have_mean_0_and_deviation_1() -> None:
    targets = np.random.default_rng(0).normal([5, -300], [0.1, 40], (1000, 2))
    goal = Goal("standardized")
    goal.fit(targets)
    rows = goal.rows(targets, (2,), np.dtype(np.float64))
    assert rows.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert rows.std(axis=0) == pytest.approx([1, 1])
    assert goal.restored(rows.T) == pytest.approx(targets.T)


def test_targets_that_never_vary_stay_finite() -> None:
    goal = Goal("standardized")
    goal.fit(np.full((10, 1), 7.0))
    rows = goal.rows(np.full((3, 1), 7.0), (1,), np.dtype(np.float32))
    assert (rows == 0).all()
    assert (goal.restored(rows.T) == 7).all()


def test_targets_are_left_alone_without_being_asked() -> None:
    goal = Goal()
    goal.fit(np.arange(10.0))
    y: Array = np.ones((1, 3))
    assert goal.fitted == {}
    assert goal.restored(y) is y


def test_an_autoencoder_gives_back_its_inputs(folder: Path) -> None:
    opened = run(folder, AUTOENCODER)
    test = opened.dataset().test
    assert test is not None
    outputs = opened.predict(test.inputs).outputs
    train = opened.dataset().train.inputs
    given = (test.inputs - train.mean(axis=0)) / train.std(axis=0)
    assert opened.facts["metrics"]["test"]["mae"] == pytest.approx(np.abs(outputs - given).mean(), rel=1e-4)
    assert opened.facts["metrics"]["test"]["r2"] > 0.95
    assert opened.facts["dataset"]["classes"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (AUTOENCODER.replace("{dense: 2}]", "{dense: 3}]"), "the inputs, 2, are to be given back"),
        (AUTOENCODER.replace("[mae, r2]", "[accuracy]"), "for classes or labels; the targets are numbers"),
        (
            REGRESSION.replace("prices.npz", "labels.npz"),
            "be standardized; the targets are labels",
        ),
        (REGRESSION.replace("prices.npz", "classes.npz"), "the targets are classes"),
    ],
)
def test_what_cannot_be_is_said_in_the_spec(folder: Path, text: str, message: str) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (40, 2))
    np.savez(folder / "labels.npz", inputs=x, targets=(x > 0) * 1.0)
    np.savez(folder / "classes.npz", inputs=x, targets=(x[:, 0] > 0) * 1)
    with pytest.raises(SpecError, match=message):
        run(folder, text)
