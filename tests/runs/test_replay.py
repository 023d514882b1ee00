"""A run that is trained once more gives the same bytes, or it is said what differs, how far, and why it may."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from nnspec.api import Silent
from nnspec.engine.trainer import Epoch
from nnspec.errors import RunWarning
from nnspec.runs import provenance
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.execution import execute
from nnspec.runs.folder import RunFolder
from nnspec.runs.folds import cross_validate
from nnspec.runs.replay import Replay, replay
from nnspec.runs.verification import verify
from nnspec.spec.specification import parse
from runs.spoiling import rewrite


def replayed(run: Path, epochs: int | None = None) -> Replay:
    return replay(RunFolder.open(run), Silent(), epochs=epochs)


def test_training_once_more_gives_the_same_bytes(run: Path) -> None:
    found = replayed(run)
    assert found.differences == []
    assert (found.until, found.lines) == ((4, 0), 4)
    assert sorted(found.checkpoints) == ["best", "epoch-0002", "epoch-0004", "last", "previous"]


def test_of_the_first_epochs_what_belongs_to_them_is_compared(run: Path) -> None:
    found = replayed(run, epochs=2)
    assert (found.until, found.lines) == ((2, 0), 2)
    assert "epoch-0002" in found.checkpoints
    assert "last" not in found.checkpoints
    assert found.differences == []


def test_how_far_apart_tensors_are_is_said_as_it_is(run: Path) -> None:
    """A weight that was moved by 2 ** -10, and the checkpoint's own SHA-256 with it."""
    file = run / "checkpoints" / "epoch-0002.safetensors"
    checkpoint = Checkpoint.load(file)
    weights = checkpoint.tensors["parameters/layers.0.W"]
    before = float(weights[0, 0])
    weights[0, 0] += 2.0**-10
    file.write_bytes(checkpoint.to_bytes())
    (difference,) = replayed(run).differences
    assert (difference.place, difference.where) == ((2, 0), "epoch-0002")
    assert difference.distance.name == "parameters/layers.0.W"
    moved = abs(float(weights[0, 0]) - before)
    assert difference.distance.absolute == moved
    assert difference.distance.relative == moved / max(abs(float(weights[0, 0])), abs(before))


def test_a_line_of_metrics_that_never_was_is_found(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    entry = json.loads(lines[2]) | {"epoch": 3, "step": 2}
    (run / "metrics.jsonl").write_text("\n".join([*lines[:3], json.dumps(entry), lines[3]]) + "\n", "utf-8")
    (difference,) = replayed(run).differences
    assert difference.place == (3, 2)
    assert "there was not" in str(difference)


def test_without_a_cause_in_sight_no_reason_is_made_up(run: Path) -> None:
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    (run / "metrics.jsonl").write_text("\n".join(lines[:3]) + "\n", "utf-8")
    found = replayed(run)
    assert len(found.differences) == 1
    assert found.reasons == []


def test_what_computes_otherwise_now_is_given_as_a_reason(run: Path) -> None:
    (run / "metrics.jsonl").write_text("", "utf-8")
    rewrite(run, lambda facts: facts["machine"]["blas"][0].update(architecture="Alpha"))
    found = replayed(run)
    (reason,) = found.reasons
    assert reason.startswith("since then: machine.blas[0].architecture: Alpha -> ")
    assert found.reasons == list(verify(run).notes)


def test_a_lie_told_by_all_files_alike_is_found_by_training_once_more(run: Path) -> None:
    spec = run / "spec.yaml"
    spec.write_text(spec.read_text("utf-8").replace("seed: 1\n", "seed: 2\n"), "utf-8")
    lied = parse(spec.read_text("utf-8"))

    def claim(facts: dict[str, Any]) -> None:
        facts["seed"], facts["files"] = 2, {}
        facts["fingerprint"] = provenance.fingerprint(lied.resolved(), facts["dataset"]["sha256"], {})

    rewrite(run, claim)
    assert verify(run).verdict == "same"
    again = replayed(run)
    assert again.differences[0].place == (1, 0)
    assert {"parameters/layers.0.W"} <= {difference.distance.name for difference in again.differences}


EVERYTHING = """\
nnspec: 1
name: everything
optimizer: {adam: 0.02}
regularizer: {l2: 0.001}
cost: cross_entropy
dataset: {moons: {samples: 200, validation: 0.2, test: 0.2}}
input: 2
transforms: [standardize, {noise: 0.1}]
layers: [{dense: {units: 12, activation: relu}}, batch_norm, {dropout: 0.2}, {dense: 2}, softmax]
train: {epochs: 6, batch_size: 7}
reporters: []
"""
REACTING = "schedule={on_plateau: {patience: 1}}"


@pytest.mark.parametrize(
    "settings",
    [
        ["train.average={ema: 0.9}", "train.accumulate=2", "schedule=cosine"],
        ["train.average={swa: {start: 0.5}}"],
        ["train.validate_every=5 steps", REACTING],
        ["train.early_stopping={patience: 2, min_delta: 1.0}", "train.epochs=50"],
        ["train.early_stopping={patience: 2, min_delta: 1.0, restore_best: false}", "train.epochs=50"],
        ["train.keep=best", "train.checkpoint={keep_best: 3, every: 3 steps}"],
        ["train.time_budget=0.01 s", "train.epochs=1000"],
        ["engine.shards=2", "metrics=[accuracy, confusion, auc]"],
        ["train.shuffle=false", "train.samples_per_epoch=50"],
        ["optimizer={lbfgs: {}}", "train.batch_size=120", "layers.2=identity", "transforms=[standardize]"],
    ],
    ids=str,
)
def test_whatever_a_spec_asks_for_training_once_more_gives_the_same(settings: list[str], tmp_path: Path) -> None:
    facts = execute(parse(EVERYTHING, settings=settings), tmp_path / "run", Silent()).facts()
    assert facts["status"] == "finished"
    found = replayed(tmp_path / "run")
    assert found.differences == []
    assert found.until == (facts["epochs"], facts["step"])
    assert {"last", "best"} & set(found.checkpoints)
    assert verify(tmp_path / "run").verdict == "same"


class Stopping(Silent):
    """Stops a run after an epoch, as somebody at the keyboard would."""

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        if epoch.number == 2:
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("settings", [[], ["train.average={ema: 0.9}", REACTING]], ids=str)
def test_a_run_that_was_stopped_and_went_on_is_had_again_in_one_go(settings: list[str], tmp_path: Path) -> None:
    spec, run = parse(EVERYTHING, settings=settings), tmp_path / "run"
    assert execute(spec, run, Stopping()).facts()["status"] == "interrupted"
    assert (replayed(run).until, replayed(run).differences) == ((2, 0), [])
    assert verify(run).verdict == "same"
    execute(spec, None, Silent(), resume=run)
    assert (replayed(run).until, replayed(run).differences) == ((6, 0), [])
    assert verify(run).verdict == "same"


def test_a_run_that_went_on_with_other_settings_says_why_it_is_not_had_again(tmp_path: Path) -> None:
    run = tmp_path / "run"
    settings = ["schedule=cosine"]
    execute(parse(EVERYTHING, settings=settings), run, Silent())
    with pytest.warns(RunWarning, match=r"train\.epochs: 6 -> 8"):
        execute(parse(EVERYTHING, settings=[*settings, "train.epochs=8"]), None, Silent(), resume=run)
    assert verify(run).verdict == "same"
    found = replayed(run)
    assert found.differences
    assert found.reasons == ["when it went on after epoch 6: train.epochs: 6 -> 8"]


def test_a_run_that_diverged_is_had_again_up_to_its_last_good_epoch(tmp_path: Path) -> None:
    settings = ["optimizer={sgd: 50.0}", "cost=cross_entropy", "layers.1=identity", "train.epochs=200"]
    facts = execute(parse(EVERYTHING, settings=settings), tmp_path / "run", Silent()).facts()
    assert facts["status"] == "failed"
    assert replayed(tmp_path / "run").differences == []
    assert verify(tmp_path / "run").verdict == "same"


def test_each_fold_of_a_cross_validation_is_had_again_and_the_whole_says_what_they_say(tmp_path: Path) -> None:
    folded = parse(EVERYTHING, settings=["train.folds=3", "dataset.moons.validation=0", "train.epochs=2"])
    whole = cross_validate(folded, tmp_path / "cv", Silent()).path
    assert verify(whole).verdict == "same"
    for number in (1, 2, 3):
        assert verify(whole / f"fold-{number}").verdict == "same"
        assert replayed(whole / f"fold-{number}").differences == []
    rewrite(whole / "fold-2", lambda facts: facts["metrics"]["test"].update(cost=0.0))
    (finding,) = verify(whole).findings
    assert (finding.verdict, finding.text) == ("differs", "says other metrics and spread and folds than its folds")
