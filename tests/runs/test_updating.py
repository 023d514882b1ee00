"""What a spec says about gradients and parameters reaches training, checkpoints and the finished network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnspec
from nnspec.api import Silent
from nnspec.engine.updates import Manner, Updates
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.experiment import prepare
from nnspec.spec.specification import parse

MOONS = """\
nnspec: 1
name: moons
dataset: {moons: {samples: 130, validation: 0.2, test: 0.2}}
input: 2
layers:
  - dense: {units: 8, activation: tanh}
  - batch_norm
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
optimizer: {momentum: 0.2}
train: {epochs: 4, batch_size: 10}
"""


def ran(folder: Path, *settings: str) -> tuple[Path, dict[str, Any]]:
    (folder / "moons.yaml").write_text(MOONS, "utf-8")
    out = folder / "run"
    nnspec.run(nnspec.load(folder / "moons.yaml", settings), out=out, force=True)
    return out, json.loads((out / "run.json").read_text("utf-8"))


@pytest.mark.parametrize("average", ["{ema: 0.9}", "{swa: {start: 0.5}}"])
@pytest.mark.parametrize("keep", ["last", "best"])
def test_metrics_checkpoints_and_the_finished_network_are_the_averages(
    tmp_path: Path, average: str, keep: str
) -> None:
    out, facts = ran(tmp_path, f"train.average={average}", f"train.keep={keep}")
    opened = nnspec.open_run(out)
    for split in ("validation", "test"):
        _, evaluation = opened.evaluate(split)
        assert evaluation.cost == pytest.approx(facts["metrics"][split]["cost"], rel=1e-6)
    last = Checkpoint.load(out / "checkpoints" / "last.safetensors").tensors
    raw = "slots/train.averaged/layers.0.W"
    assert (last[raw] != last["parameters/layers.0.W"]).any()
    plain, _ = ran(tmp_path)
    trained = Checkpoint.load(plain / "checkpoints" / "last.safetensors").tensors["parameters/layers.0.W"]
    np.testing.assert_array_equal(last[raw], trained)


def test_steps_are_counted_as_they_are_taken(tmp_path: Path) -> None:
    """78 samples make 8 batches, and these 3 steps, the last of two batches."""
    out, _ = ran(tmp_path, "train.accumulate=3", "schedule=cosine")
    state = Checkpoint.load(out / "checkpoints" / "last.safetensors").state
    assert state["trainer"]["updates"]["step"] == 4 * 3
    updates = prepare(parse(MOONS, settings=["train.accumulate=3", "schedule=cosine"])).updates
    assert updates.steps == 12
    assert updates.rate(12) == pytest.approx(0.2 * (1 + np.cos(np.pi * 11 / 12)) / 2)


def test_frozen_layers_come_out_of_a_run_as_they_went_in(tmp_path: Path) -> None:
    out, _ = ran(tmp_path, 'train.freeze=["layers.0.*"]', "regularizer={l2: 0.1}", "train.clip={layer: 0.1}")
    start = prepare(parse(MOONS)).network
    before = dict(start.layout.named(start.weights))
    after = Checkpoint.load(out / "checkpoints" / "last.safetensors").tensors
    for name, view in before.items():
        assert (after[f"parameters/{name}"].tobytes() == view.tobytes()) == name.startswith("layers.0."), name


def test_what_is_not_frozen_is_trained_as_it_is_where_gradients_of_the_frozen_are_had_and_thrown_away() -> None:
    """The same updates, of a network that is told of it and of one that is not."""
    frozen = prepare(parse(MOONS, settings=['train.freeze=["layers.0.*"]']))
    told, plain = frozen.network, prepare(parse(MOONS)).network
    manner = Manner(freeze=["layers.0.*"])
    optimizers = [Updates(bound, frozen.spec.document.optimizer, manner=manner) for bound in (told, plain)]
    x, t = next(frozen.batches("train").in_order())
    for _ in range(5):
        for bound, updates in zip((told, plain), optimizers, strict=True):
            bound.step(x, t)
            updates.apply(x.shape[-1])
    assert told.weights.tobytes() == plain.weights.tobytes()
    assert not dict(told.layout.named(told.gradient))["layers.0.W"].any()
    assert dict(plain.layout.named(plain.gradient))["layers.0.W"].any()


@pytest.mark.parametrize("monitor", ["train.cost", "validation.cost", "test.accuracy"])
def test_on_plateau_looks_at_what_is_monitored_and_knows_which_way_is_better(monitor: str) -> None:
    text = MOONS.replace("epochs: 4", f"epochs: 8, monitor: {monitor}")
    experiment = prepare(parse(text + "schedule: {on_plateau: {patience: 1, drop: 0.9, min_delta: 0.0}}\n"))
    split, _, metric = monitor.partition(".")
    best, rates, expected = -np.inf, [], [0.2]
    for epoch in experiment.trainer().epochs(8, Silent()):
        found = epoch.cost if split == "train" else epoch.evaluations[split].values[metric]
        assert isinstance(found, float)
        good = found if metric == "accuracy" else -found
        expected.append(expected[-1] * (1.0 if good > best else 0.9))
        best = max(best, good)
        rates.append(experiment.updates.rate(1))
    assert rates == pytest.approx(expected[1:])
    assert len(set(rates)) > 1
