"""A run that was stopped goes on to the same bytes, or says why it cannot."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from survivor import EVERYTHING, outcome

from nnspec.api import Silent
from nnspec.engine.trainer import Epoch
from nnspec.errors import DataError, RunFolderError, RunWarning
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.execution import execute
from nnspec.runs.experiment import Experiment
from nnspec.runs.lock import locked
from nnspec.spec.specification import Spec, load


class Stopping(Silent):
    """Watches a run and stops it by a signal, once, at a chosen place."""

    def __init__(self, epoch: int, *, early: bool, number: signal.Signals = signal.SIGTERM) -> None:
        self.heard: list[str] = []
        self._place = (epoch, early)
        self._number = number

    def epoch_started(self, number: int, steps: int) -> None:
        self._stop_at((number, True))

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        self._stop_at((epoch.number, False))

    def notice(self, text: str) -> None:
        self.heard.append(text)

    def _stop_at(self, place: tuple[int, bool]) -> None:
        if place == self._place:
            os.kill(os.getpid(), self._number)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Spec]:
    """Loads the spec with overrides, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "everything.yaml"
    path.write_text(EVERYTHING, "utf-8")
    return lambda *settings: load(path, settings)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("epoch", [1, 3, 6])
def test_a_run_stopped_anywhere_leaves_what_an_unbroken_one_leaves(
    spec: Callable[..., Spec], epoch: int, early: bool
) -> None:
    execute(spec(), Path("unbroken"), Silent())
    stopped = Stopping(epoch, early=early)
    facts = execute(spec(), Path("out"), stopped).facts()
    assert facts["status"] == ("interrupted" if (epoch, early) != (6, False) else "finished")
    assert facts["epochs"] == (epoch - 1 if early else epoch)
    execute(spec(), None, Stopping(0, early=False), resume=Path("out"))
    assert outcome(Path("out")) == outcome(Path("unbroken"))


@pytest.mark.parametrize("shards", [1, 2])
def test_layers_within_layers_and_tied_weights_go_on_where_they_were(
    spec: Callable[..., Spec], shards: int
) -> None:
    inner = "{dense: 12}, batch_norm, {dropout: 0.2}, {dense: {units: 12, weights: {tied: layers.1.0.W}}}"
    nested = spec(f"layers.1={{residual: [{inner}]}}", f"engine.shards={shards}")
    execute(nested, Path("unbroken"), Silent())
    assert execute(nested, Path("out"), Stopping(3, early=True)).facts()["status"] == "interrupted"
    execute(nested, None, Stopping(0, early=False), resume=Path("out"))
    assert outcome(Path("out")) == outcome(Path("unbroken"))


@pytest.mark.parametrize("engine", ["{shards: 2}", "{prefetch: true}", "{prefetch: false}"])
def test_threads_change_nothing_of_it(spec: Callable[..., Spec], engine: str) -> None:
    execute(spec(f"engine={engine}"), Path("unbroken"), Silent())
    execute(spec(f"engine={engine}"), Path("out"), Stopping(3, early=True))
    execute(spec(f"engine={engine}"), None, Silent(), resume=Path("out"))
    assert outcome(Path("out")) == outcome(Path("unbroken"))


def test_auto_is_the_number_of_shards_that_the_run_began_with(spec: Callable[..., Spec]) -> None:
    execute(spec("engine.shards=2"), Path("unbroken"), Silent())
    execute(spec("engine.shards=2"), Path("out"), Stopping(3, early=True))
    # For so small a step, `auto` would be one.
    execute(spec(), None, Silent(), resume=Path("out"))
    assert outcome(Path("out")) == outcome(Path("unbroken"))


def test_a_run_that_fails_after_going_on_stands_for_where_it_went_on(spec: Callable[..., Spec]) -> None:
    import nnspec

    class Poisoning(Silent):
        def run_started(self, experiment: Experiment, folder: Path) -> None:
            self.network = experiment.network

        def steps_done(self, steps: int, cost: float) -> None:
            # After the last step of the epoch, and before it is evaluated.
            self.network.parameters(0).W[...] = np.inf

    # Otherwise the averages would be what is evaluated.
    plain = ("train.average=null", "train.early_stopping=null", "train.validate_every=null")
    execute(spec(*plain), Path("out"), Stopping(4, early=True))
    facts = execute(spec(*plain), None, Poisoning(), resume=Path("out")).facts()
    assert (facts["status"], facts["epochs"], facts["step"]) == ("failed", 3, 1)
    run = nnspec.open_run("out")
    _, evaluation = run.evaluate("test")
    assert evaluation.cost == pytest.approx(facts["metrics"]["test"]["cost"], rel=1e-6)


def test_fewer_epochs_than_are_done_are_refused(spec: Callable[..., Spec]) -> None:
    execute(spec(), Path("out"), Stopping(4, early=True))
    with pytest.raises(RunFolderError, match="has come to epoch 3 and 1 step already; ask for more epochs"):
        execute(spec("train.epochs=3"), None, Silent(), resume=Path("out"))


def test_what_an_interrupted_run_says_of_itself_is_true_of_its_last_checkpoint(spec: Callable[..., Spec]) -> None:
    import nnspec

    execute(spec("train.early_stopping=null"), Path("out"), Stopping(4, early=True, number=signal.SIGINT))
    run = nnspec.open_run("out")
    assert (run.facts["status"], run.facts["signal"]) == ("interrupted", "SIGINT")
    assert (run.facts["epochs"], run.facts["step"]) == (3, 1)
    assert run.checkpoint.position == (3, 1)
    for split in ("validation", "test"):
        _, evaluation = run.evaluate(split)
        assert evaluation.cost == pytest.approx(run.facts["metrics"][split]["cost"], rel=1e-6)


def test_how_often_a_run_is_saved_changes_nothing_of_its_result(spec: Callable[..., Spec]) -> None:
    results = []
    for every in ("1 epoch", "3 steps", "1 h"):
        execute(spec(f"train.checkpoint.every={every}"), Path(every), Silent())
        found = outcome(Path(every))
        results.append((found["metrics"], found["files"]["last.safetensors"], found["files"]["best.safetensors"]))
    assert results[0] == results[1] == results[2]


def test_auto_finds_the_stopped_run_of_this_very_spec(spec: Callable[..., Spec]) -> None:
    other = execute(spec("seed=2"), None, Stopping(2, early=True), resume="auto")
    stopped = execute(spec(), None, Stopping(2, early=True), resume="auto")
    assert other.path != stopped.path
    # How often it is saved is no part of what a run is.
    again = execute(spec("train.checkpoint.every=1 epoch"), None, Stopping(0, early=False), resume="auto")
    assert again.path == stopped.path
    assert again.facts()["status"] == "finished"
    assert other.facts()["status"] == "interrupted"


def test_a_finished_run_is_left_as_it_is(spec: Callable[..., Spec]) -> None:
    folder = execute(spec(), None, Silent(), resume="auto")
    before = {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}
    watcher = Stopping(0, early=False)
    assert execute(spec(), None, watcher, resume="auto").path == folder.path
    assert watcher.heard == [f"{folder.path}: this run is finished; nothing was trained"]
    assert {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()} == before


def test_more_epochs_let_a_finished_run_go_on_and_are_recorded(spec: Callable[..., Spec]) -> None:
    constant = ("schedule=null", "train.early_stopping=null")
    execute(spec(*constant, "train.epochs=5"), Path("unbroken"), Silent())
    execute(spec(*constant, "train.epochs=2"), Path("out"), Silent())
    watcher = Stopping(0, early=False)
    execute(spec(*constant, "train.epochs=5"), None, watcher, resume=Path("out"))
    assert outcome(Path("out"))["files"] == outcome(Path("unbroken"))["files"]
    assert watcher.heard == ["changed since the run was stopped: train.epochs: 2 -> 5"]
    (resumption,) = json.loads(Path("out/run.json").read_text("utf-8"))["resumed"]
    assert (resumption["epoch"], resumption["step"]) == (2, 0)
    assert resumption["changes"] == ["train.epochs: 2 -> 5"]


def test_another_spec_is_refused_with_the_differences_and_nothing_is_touched(spec: Callable[..., Spec]) -> None:
    folder = execute(spec(), Path("out"), Stopping(2, early=True))
    before = (folder.path / "run.json").read_bytes()
    changed = spec("layers.0.dense.units=13", "seed=9", "train.epochs=9")
    with pytest.raises(RunFolderError) as caught:
        execute(changed, None, Silent(), resume=Path("out"))
    assert "layers[0].dense.units: 12 -> 13" in str(caught.value)
    assert "seed: 1 -> 9" in str(caught.value)
    assert "train.epochs: 6" not in str(caught.value)
    assert (folder.path / "run.json").read_bytes() == before


def test_other_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    points = np.random.default_rng(0).random((60, 2))
    np.savez("data.npz", x=points, y=points.sum(axis=1))
    text = EVERYTHING.replace("moons: {samples: 300, validation: 0.2, test: 0.2}", "npz: {path: data.npz}")
    text = text.replace("units: 2, activation: softmax", "units: 1, activation: identity")
    (tmp_path / "s.yaml").write_text(text.replace("cross_entropy", "quadratic"), "utf-8")
    execute(load("s.yaml"), Path("out"), Stopping(2, early=True))
    np.savez("data.npz", x=points, y=points.sum(axis=1) + 1)
    with pytest.raises(DataError, match="cannot go on with other data"):
        execute(load("s.yaml"), None, Silent(), resume=Path("out"))


@pytest.mark.parametrize("damage", ["cut short", "a bit flipped", "gone"])
def test_a_damaged_checkpoint_is_said_and_the_one_before_is_used(spec: Callable[..., Spec], damage: str) -> None:
    execute(spec(), Path("unbroken"), Silent())
    execute(spec(), Path("out"), Stopping(3, early=True))
    last = Path("out/checkpoints/last.safetensors")
    content = bytearray(last.read_bytes())
    content[-5] ^= 1
    if damage == "gone":
        last.unlink()
    else:
        last.write_bytes(content[:-100] if damage == "cut short" else content)
    watcher = Stopping(0, early=False)
    execute(spec(), None, watcher, resume=Path("out"))
    assert outcome(Path("out")) == outcome(Path("unbroken"))
    told = [text for text in watcher.heard if "damaged" in text]
    assert len(told) == (damage != "gone")
    assert all("last.safetensors" in text and "going on from an intact one, of epoch" in text for text in told)


def test_without_any_intact_checkpoint_the_run_cannot_go_on(spec: Callable[..., Spec]) -> None:
    execute(spec(), Path("out"), Stopping(3, early=True))
    for path in Path("out/checkpoints").iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="no checkpoint to go on from"):
        execute(spec(), None, Silent(), resume=Path("out"))


def test_lines_of_metrics_beyond_the_checkpoint_are_taken_back_and_missing_ones_are_said(
    spec: Callable[..., Spec],
) -> None:
    execute(spec(), Path("unbroken"), Silent())
    execute(spec(), Path("out"), Stopping(3, early=True))
    metrics = Path("out/metrics.jsonl")
    whole = metrics.read_bytes()
    metrics.write_bytes(whole + b'{"epoch": 3, "train": {"co')
    execute(spec(), None, Stopping(5, early=True), resume=Path("out"))
    metrics.write_bytes(metrics.read_bytes()[:-20])
    watcher = Stopping(0, early=False)
    execute(spec(), None, watcher, resume=Path("out"))
    assert watcher.heard == ["metrics.jsonl lacks 1 of the lines that were written to it"]
    complete = Path("unbroken/metrics.jsonl").read_text("utf-8").splitlines()
    assert len(metrics.read_text("utf-8").splitlines()) == len(complete) - 1


def test_a_second_run_in_the_same_folder_is_refused(spec: Callable[..., Spec]) -> None:
    folder = execute(spec(), Path("out"), Stopping(2, early=True)).path
    with locked(folder):
        for arguments in ({"resume": Path("out")}, {"resume": "auto"}, {"force": True}):
            with pytest.raises(RunFolderError, match="another run is at work in this folder"):
                execute(spec(), folder, Silent(), **arguments)


def test_python_hears_of_it_as_a_warning(spec: Callable[..., Spec]) -> None:
    import nnspec

    nnspec.run(spec(), out="out")
    with pytest.warns(RunWarning, match="this run is finished"):
        run = nnspec.run(spec(), out="out", resume="auto")
    assert run.facts["status"] == "finished"


def test_checkpoints_that_stay_are_the_best_and_every_other_one(spec: Callable[..., Spec]) -> None:
    folder = execute(spec("train.validate_every=null"), Path("out"), Silent()).path
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    order = sorted(lines, key=lambda line: (-line["validation"]["accuracy"], line["epoch"]))
    expected = {f"epoch-{line['epoch']:04d}" for line in order[:2]} | {"epoch-0002", "epoch-0004", "epoch-0006"}
    kept = {path.stem for path in (folder / "checkpoints").iterdir()}
    assert kept == expected | {"last", "previous", "best"}
    best = Checkpoint.load(folder / "checkpoints" / "best.safetensors")
    assert best.position == (order[0]["epoch"], 0)
    named = Checkpoint.load(folder / "checkpoints" / f"epoch-{order[0]['epoch']:04d}.safetensors")
    assert named.to_bytes() == best.to_bytes()
