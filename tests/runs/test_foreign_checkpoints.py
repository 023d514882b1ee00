"""Checkpoints that a stranger signed, full of nonsense: each is told in a sentence; resuming goes around it."""

import math
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from nnspec.api import Silent
from nnspec.cli.main import main
from nnspec.errors import DataError
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.execution import execute
from nnspec.runs.opened import OpenedRun
from nnspec.spec.specification import load
from runs.spoiling import rewrite, rewrite_checkpoint

Change = Callable[[dict[str, Any]], object]
OF_STATE: dict[str, tuple[Change, str]] = {
    "no generators": (lambda state: state.pop("generators"), "generators: Field required"),
    "an unknown generator": (
        lambda state: state["generators"]["shuffling"].update(bit_generator="MT19937"),
        "generators.shuffling.bit_generator: Input should be 'PCG64'",
    ),
    "a generator beyond its 128 bits": (
        lambda state: state["generators"]["shuffling"]["state"].update(state=2**128),
        "generators.shuffling.state.state: Input should be less than",
    ),
    "a generator that is no number": (
        lambda state: state["generators"]["shuffling"]["state"].update(inc=math.nan),
        "generators.shuffling.state.inc: Input should be a valid integer",
    ),
    "a negative position": (
        lambda state: state["trainer"]["position"].update(step=-1),
        "trainer.position.step: Input should be greater than or equal to 0",
    ),
    "an epoch without end": (lambda state: state.update(epoch=10**400), "epoch: Input should be less than"),
    "two places": (lambda state: state.update(epoch=2), "says epoch 2, step 0, and of the trainer another place"),
    "what no position has": (
        lambda state: state["trainer"]["position"].update(more=1),
        "trainer.position.more: Extra inputs are not permitted",
    ),
    "a cost that is none": (
        lambda state: state["trainer"]["position"].update(cost=math.inf),
        "trainer.position.cost: Input should be a finite number",
    ),
    "patience in words": (
        lambda state: state["judgement"].update(waited="long"),
        "judgement.waited: Input",
    ),
    "a file elsewhere": (
        lambda state: state["judgement"].update(kept=[["../../x", 1.0]]),
        "judgement.kept.0.0: String should match",
    ),
    "metrics in a list": (lambda state: state.update(metrics=[]), "metrics: Input should be a valid dictionary"),
    "lines in fractions": (lambda state: state.update(lines=1.5), "lines: Input should be a valid integer"),
    "half of a character": (lambda state: state.update(plugins={"\ud800": "1"}), "surrogates not allowed"),
}
OF_TRAINING: dict[str, tuple[Change, str]] = {
    "steps beyond the epoch": (
        lambda state: (state.update(step=99), state["trainer"]["position"].update(step=99)),
        "99 steps are done of an epoch that has 6",
    ),
    "steps that were never taken": (
        lambda state: state["trainer"]["updates"].update(step=10**6),
        "the optimizer should have taken 24 steps, and has taken 1000000",
    ),
}
OF_MORE: dict[str, tuple[Change, str]] = {
    "batches that were never gathered": (
        lambda state: state["trainer"]["updates"].update(accumulated={"batches": 3, "samples": 9}),
        "0 batches should be accumulated, and are 3 of 9 samples",
    ),
    "nothing of batches": (
        lambda state: state["trainer"]["updates"].pop("accumulated"),
        "it does not say what is accumulated",
    ),
    "nothing of averages": (
        lambda state: state["trainer"]["updates"].pop("averaged"),
        "it does not say how many weights are averaged",
    ),
    "a plateau that was never waited for": (
        lambda state: state["trainer"]["updates"]["schedule"]["state"].pop("waited"),
        "its schedule can make nothing of what it is said to remember: KeyError('waited')",
    ),
    "a rate that is none": (
        lambda state: state["trainer"]["updates"]["schedule"]["state"].update(factor=math.nan),
        "its schedule makes a rate that is no finite number",
    ),
}
OF_TENSORS: dict[str, tuple[Change, str]] = {
    "of another shape": (
        lambda tensors: tensors.update({"parameters/layers.0.W": np.zeros((2, 2), np.float32)}),
        r"layers.0.W should be \(6, 2\), is of shape \(2, 2\)",
    ),
    "of another type": (
        lambda tensors: tensors.update({"parameters/layers.0.W": np.zeros((6, 2), np.complex64)}),
        "layers.0.W should be float32, is complex64",
    ),
    "not finite": (
        lambda tensors: tensors["parameters/layers.0.W"].fill(np.nan),
        "layers.0.W holds a value that is no finite number",
    ),
    "missing": (
        lambda tensors: tensors.pop("parameters/layers.1.b"),
        r"layers.1.b should be \(2, 1\), is missing",
    ),
}


def last(run: Path) -> Path:
    return run / "checkpoints" / "last.safetensors"


@pytest.mark.parametrize(("change", "said"), OF_STATE.values(), ids=OF_STATE)
def test_a_state_that_makes_no_sense_is_no_checkpoint(run: Path, change: Change, said: str) -> None:
    rewrite_checkpoint(last(run), lambda _, state: change(state))
    with pytest.raises(DataError, match=r"last\.safetensors: no state of a training") as caught:
        Checkpoint.load(last(run))
    assert said in str(caught.value)


@pytest.mark.parametrize(("change", "said"), [*OF_TENSORS.values()], ids=OF_TENSORS)
def test_tensors_that_are_not_the_network_s_are_no_network(run: Path, change: Change, said: str) -> None:
    rewrite_checkpoint(last(run), lambda tensors, _: change(tensors))
    with pytest.raises(DataError, match=rf"last\.safetensors: .*{said}"):
        OpenedRun(run)


@pytest.mark.parametrize(
    ("change", "said"), [*OF_STATE.values(), *OF_TRAINING.values()], ids=[*OF_STATE, *OF_TRAINING]
)
def test_resuming_goes_around_a_state_that_makes_no_sense_and_says_so(
    run: Path, change: Change, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite_checkpoint(last(run), lambda _, state: change(state))
    (run / "checkpoints" / "best.safetensors").unlink()
    assert main(["run", "--resume", str(run), "--set", "train.epochs=5"]) == 0
    said_there = capsys.readouterr().err
    assert said in said_there
    assert f"{last(run)}: " in said_there
    assert "going on from an intact one, of epoch 2" in said_there


@pytest.fixture(scope="module")
def wide(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with more to remember."""
    more = ["train.accumulate=2", "train.average={ema: 0.9}", "schedule=on_plateau", "transforms=[standardize]"]
    run = tmp_path_factory.mktemp("wide") / "run"
    execute(load(trained / "points.yaml", more), run, Silent())
    return run


@pytest.mark.parametrize(("change", "said"), OF_MORE.values(), ids=OF_MORE)
def test_so_it_does_where_what_a_spec_asks_for_beside_is_missing_or_wrong(
    wide: Path, tmp_path: Path, change: Change, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(copytree(wide, tmp_path / "run"))
    rewrite_checkpoint(last(run), lambda _, state: change(state))
    assert main(["run", "--resume", str(run), "--set", "train.epochs=5"]) == 0
    assert f"{last(run)}: checkpoint and spec differ: {said}" in capsys.readouterr().err


def test_what_a_transform_cannot_have_learned_is_told_where_it_is_used(
    wide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(copytree(wide, tmp_path / "run"))
    for file in (run / "checkpoints").iterdir():
        rewrite_checkpoint(file, lambda tensors, _: tensors.update({"fitted/0.mean": np.zeros((3, 5))}))
    for words in (["predict", str(run), "1", "2"], ["run", "--resume", str(run), "--set", "train.epochs=5"]):
        assert main(words) == 1
        assert f"{last(run)}: checkpoint and spec differ: its transforms cannot work" in capsys.readouterr().err


def test_a_network_is_left_whole_where_only_half_of_a_checkpoint_fits(run: Path) -> None:
    opened = OpenedRun(run)
    before = opened.network.weights.copy()
    rewrite_checkpoint(last(run), lambda tensors, _: tensors.pop("parameters/layers.1.b"))
    foreign = Checkpoint.load(last(run))
    foreign.tensors["parameters/layers.0.W"][...] = 0
    with pytest.raises(DataError, match="is missing"):
        foreign.restore(opened.network, opened.pipeline)
    np.testing.assert_array_equal(opened.network.weights, before)


def test_a_run_all_of_whose_checkpoints_are_nonsense_says_why_of_each(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sorted((run / "checkpoints").iterdir())
    for file in files:
        rewrite_checkpoint(file, lambda _, state: state.pop("judgement"))
    assert main(["run", "--resume", str(run), "--set", "train.epochs=5"]) == 1
    said = capsys.readouterr().err
    assert all(f"{file}: no state of a training of nnspec: judgement: Field required" in said for file in files)


@pytest.mark.parametrize("verb", ["predict", "evaluate", "explain", "imagine"])
def test_verbs_that_use_a_network_name_the_file_and_what_is_wrong(
    run: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite_checkpoint(last(run), lambda tensors, _: tensors["parameters/layers.0.W"].fill(np.inf))
    inputs = ["1", "2"] if verb == "predict" else []
    assert main([verb, str(run), *inputs]) == 1
    said = capsys.readouterr().err
    assert said.splitlines() == [
        f"nnspec: {last(run)}: checkpoint and spec differ: layers.0.W holds a value that is no finite number"
    ]


@pytest.mark.parametrize("words", [[], ["--set", "train.epochs=5"]])
def test_what_run_json_need_not_say_is_not_asked_for(run: Path, words: list[str]) -> None:
    for name in ("resumed", "signal", "step", "files", "plugins"):
        rewrite(run, lambda facts, name=name: facts.pop(name))  # type: ignore[misc]
    assert main(["run", "--resume", str(run), *words]) == 0


def test_a_run_json_of_other_samples_or_classes_than_the_spec_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(run, lambda facts: facts["dataset"].update(classes=["a", "b", "c"]))
    assert main(["predict", str(run), "1", "2"]) == 2
    assert "run.json: is of another spec than spec.yaml: the data has 3 classes" in capsys.readouterr().err
    rewrite(run, lambda facts: facts["dataset"].update(classes=["a", "b"], shape=[3]))
    assert main(["predict", str(run), "1", "2", "3"]) == 2
    assert "run.json: is of another spec than spec.yaml: the data has samples of" in capsys.readouterr().err
