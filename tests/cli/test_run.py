"""`nnspec run`: what it leaves, what it says, and how it ends."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nnspec.cli.main import main
from nnspec.runs.checkpoint import Checkpoint

MOONS = """\
nnspec: 1
name: moons
dataset: {moons: {samples: 200, validation: 0.2, test: 0.2}}
input: 2
layers:
  - dense: {units: 8, activation: tanh}
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
optimizer: {sgd: 0.5}
train: {epochs: 4, batch_size: 10}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small spec, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "moons.yaml"
    path.write_text(MOONS, "utf-8")
    return path


def test_a_run_leaves_a_folder_with_all_that_belongs_to_it(spec: Path, tmp_path: Path) -> None:
    assert main(["run", str(spec), "-o", "out"]) == 0
    files = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {
        "spec.yaml",
        "run.json",
        "metrics.jsonl",
        "evidence.npz",
        "report.html",
        "report.md",
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
        "checkpoints/previous.safetensors",
    }
    lines = [json.loads(line) for line in (tmp_path / "out" / "metrics.jsonl").read_text("utf-8").splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert all({"train", "validation", "test", "seconds"} <= line.keys() for line in lines)


def test_facts_hold_what_scripts_rely_on(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(spec), "-o", "out", "--json"]) == 0
    captured = capsys.readouterr()
    facts = json.loads(captured.out)
    assert facts == json.loads(Path("out/run.json").read_text("utf-8"))
    assert facts["status"] == "finished"
    assert facts["epochs"] == 4
    assert facts["parameters"] == 2 * 8 + 8 + 8 * 2 + 2
    assert facts["best"]["monitor"] == "validation.accuracy"
    assert set(facts["metrics"]) == {"train", "validation", "test"}
    assert 0 <= facts["metrics"]["test"]["accuracy"] <= 1
    assert len(facts["fingerprint"]) == 64
    assert facts["dataset"]["samples"] == {"train": 120, "validation": 40, "test": 40}
    assert captured.err.count("epoch ") == 4  # a plain line an epoch, off a terminal


def test_the_same_spec_gives_the_same_bytes(spec: Path) -> None:
    for name in ("one", "two"):
        assert main(["run", str(spec), "-o", name]) == 0
    assert main(["run", str(spec), "-o", "three", "--set", "seed=2"]) == 0
    one, two, three = (
        Path(name, "checkpoints", "last.safetensors").read_bytes() for name in ("one", "two", "three")
    )
    assert one == two
    assert one != three


def test_without_o_the_folder_is_named_after_spec_time_and_fingerprint(spec: Path) -> None:
    assert main(["run", str(spec)]) == 0
    assert main(["run", str(spec)]) == 0
    first, second = sorted(Path("runs/moons").iterdir())
    facts = json.loads((first / "run.json").read_text("utf-8"))
    assert first.name.split("-")[1] == facts["fingerprint"][:8]
    assert first != second


def test_an_existing_folder_is_replaced_only_when_forced(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(spec), "-o", "out"]) == 0
    before = Path("out/run.json").read_bytes()
    assert main(["run", str(spec), "-o", "out"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("out/run.json").read_bytes() == before
    assert main(["run", str(spec), "-o", "out", "--force", "--set", "train.epochs=1"]) == 0
    assert json.loads(Path("out/run.json").read_text("utf-8"))["epochs"] == 1


def test_force_never_deletes_what_is_no_run(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("precious").mkdir()
    Path("precious/thesis.tex").write_text("...", "utf-8")
    assert main(["run", str(spec), "-o", "precious", "--force"]) == 2
    assert "replaces runs only" in capsys.readouterr().err
    assert Path("precious/thesis.tex").exists()


def test_keep_best_makes_the_run_stand_for_its_best_epoch(spec: Path) -> None:
    settings = ["--set", "train.keep=best", "--set", "train.epochs=12", "--set", "optimizer.sgd=20"]
    assert main(["run", str(spec), "-o", "out", *settings]) == 0
    facts = json.loads(Path("out/run.json").read_text("utf-8"))
    assert facts["stands_for"] == facts["best"]["epoch"] < 12
    assert facts["metrics"] == facts["best"]["metrics"]
    assert Checkpoint.load(Path("out/checkpoints/best.safetensors")).state["epoch"] == facts["best"]["epoch"]


def test_divergence_fails_the_run_and_keeps_the_last_good_epoch(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MOONS.replace("cross_entropy", "quadratic").replace("tanh", "identity").replace("softmax", "identity")
    spec.write_text(text.replace("sgd: 0.5", "sgd: 1.0e6"), "utf-8")
    assert main(["run", str(spec), "-o", "out"]) == 1
    message = capsys.readouterr().err
    assert "diverged in epoch 1" in message
    assert "layers." in message
    assert "learning rate" in message
    facts = json.loads(Path("out/run.json").read_text("utf-8"))
    assert facts["status"] == "failed"
    assert facts["reason"] in message
    tensors = Checkpoint.load(Path("out/checkpoints/last.safetensors")).tensors
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())
    assert Path("out/report.html").exists()


def test_an_interrupted_run_is_recorded_and_says_so(spec: Path) -> None:
    words = ["run", str(spec), "-o", "out", "--set", "train.epochs=1000000"]
    process = subprocess.Popen([sys.executable, "-m", "nnspec", *words], stderr=subprocess.PIPE, text=True)
    metrics = Path("out/metrics.jsonl")
    patience = time.monotonic() + 30
    while not (metrics.exists() and metrics.read_text("utf-8")) and time.monotonic() < patience:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    facts = json.loads(Path("out/run.json").read_text("utf-8"))
    assert facts["status"] == "interrupted"
    assert facts["epochs"] >= 1
    assert "Traceback" not in errors


def test_a_monitor_needs_a_split_that_the_data_has(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "dataset.moons.validation=0", "--set", "train.monitor=validation.accuracy"]
    assert main(["run", str(spec), "-o", "out", *settings]) == 2
    assert "the data has no validation split" in capsys.readouterr().err
    assert not Path("out").exists()


def test_runs_that_begin_together_get_a_folder_each(spec: Path) -> None:
    command = [sys.executable, "-m", "nnspec", "run", str(spec), "--set", "train.epochs=1"]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0, 0]
    assert len(list(Path("runs/moons").glob("*/report.html"))) == 4
