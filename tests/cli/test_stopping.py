"""`nnspec run`, stopped: by signals at any time, by the command line that contradicts itself, and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nnspec.cli.main import main

LONG = """\
nnspec: 1
name: long
dataset: {moons: {samples: 20000, validation: 0.2, test: 0.2}}
input: 2
layers:
  - dense: {units: 8, activation: tanh}
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
optimizer: {sgd: 0.1}
train: {epochs: 100000, batch_size: 2, checkpoint: {every: 200 steps}}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec whose epochs take a while, in a working folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "long.yaml"
    path.write_text(LONG, "utf-8")
    return path


@contextmanager
def training(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own, in the middle of an epoch."""
    command = [sys.executable, "-m", "nnspec", "run", *words, "-o", "out"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    previous, patience = Path("out/checkpoints/previous.safetensors"), time.monotonic() + 60
    while not previous.exists() and time.monotonic() < patience:
        time.sleep(0.01)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_after_the_step_with_a_report(spec: Path, number: signal.Signals, code: int) -> None:
    with training(str(spec)) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    facts = json.loads(Path("out/run.json").read_text("utf-8"))
    assert (facts["status"], facts["signal"], facts["epochs"]) == ("interrupted", number.name, 0)
    assert facts["step"] > 0
    assert f"stopped by {number.name} after epoch 0 and {facts['step']} step" in errors
    assert Path("out/report.html").exists()
    assert "Traceback" not in errors


def test_a_second_ctrl_c_stops_at_once_and_the_run_can_go_on(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with training(str(spec), "--set", "train.batch_size=12000") as process:
        # Steps are long enough for both to arrive within one.
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    budget = ["--set", "train.batch_size=12000", "--set", "train.time_budget=0.01 s"]
    assert main(["run", str(spec), "--resume", "out", *budget]) == 0
    assert "the time budget of 0.01 s was used up" in capsys.readouterr().err


@pytest.mark.parametrize("milliseconds", [0, 20, 50, 100, 150, 250, 400])
def test_ctrl_c_while_a_command_is_still_starting_shows_nothing_of_its_inside(
    spec: Path, milliseconds: int
) -> None:
    process = subprocess.Popen(
        [Path(sys.executable).with_name("nnspec"), "run", str(spec), "-o", "out"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Python itself needs a moment before anything of nnspec runs.
    time.sleep(0.05 + milliseconds / 1000)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (1, 130, -signal.SIGINT), errors
    # While Python itself is starting, it shows where; nothing of nnspec does.
    assert "nnspec/cli" not in errors
    assert "nnspec/__init__" not in errors


def test_a_run_goes_on_by_the_same_command_line_or_by_its_folder_alone(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ["--set", "train.batch_size=100", "--set", "train.epochs=2"]
    with training(str(spec)) as process:
        process.kill()
    assert main(["run", str(spec), "-o", "out", "--resume", "auto", *short[:2]]) == 2
    assert "train.batch_size: 2 -> 100" in capsys.readouterr().err
    assert main(["run", str(spec), "-o", "new", "--resume", "auto", *short]) == 0
    assert main(["run", str(spec), "-o", "new", "--resume", "auto", *short]) == 0
    assert "new: this run is finished; nothing was trained" in capsys.readouterr().err
    assert main(["run", "--resume", "new", "--set", "train.epochs=3"]) == 0
    assert json.loads(Path("new/run.json").read_text("utf-8"))["epochs"] == 3
    assert len(Path("new/metrics.jsonl").read_text("utf-8").splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["long.yaml", "--resume", "auto", "--force"], "choose one"),
        (["long.yaml", "--resume", "out", "-o", "other"], "leave -o out"),
        ([], "name a spec"),
        (["--resume", "auto"], "name a spec"),
        (["long.yaml", "--resume", "nowhere"], "there is no such run folder"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(
    spec: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *words]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in Path.cwd().iterdir()] == [spec.name]


def test_force_replaces_the_files_of_a_run_and_leaves_others_alone(spec: Path) -> None:
    short = ["run", str(spec), "-o", "out", "--set", "train.batch_size=1000", "--set", "train.epochs=2"]
    assert main(short) == 0
    Path("out/notes.txt").write_text("mine", "utf-8")
    Path("out/checkpoints/favourite.safetensors").write_text("mine", "utf-8")
    Path("out/checkpoints/epoch-0009.safetensors").write_text("left over", "utf-8")
    assert main([*short, "--force"]) == 0
    assert Path("out/notes.txt").read_text("utf-8") == "mine"
    assert Path("out/checkpoints/favourite.safetensors").exists()
    assert not Path("out/checkpoints/epoch-0009.safetensors").exists()


def test_a_folder_of_checkpoints_that_leads_elsewhere_is_refused(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("elsewhere").mkdir()
    Path("out").mkdir()
    Path("out/checkpoints").symlink_to(Path("elsewhere").absolute())
    assert main(["run", str(spec), "-o", "out"]) == 2
    assert "is a link" in capsys.readouterr().err
    assert not list(Path("elsewhere").iterdir())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_signal_ends_a_check_with_its_exit_code_and_leaves_nothing_behind(
    spec: Path, number: signal.Signals, code: int, jobs: int
) -> None:
    """The signal goes to the process that was started, as a job system sends it; its workers end with it."""
    spec.write_text(LONG + "expect: {test.accuracy: {min: 0.5}}\n", "utf-8")
    Path("other.yaml").write_text(spec.read_text("utf-8"), "utf-8")
    Path("tmp").mkdir()
    command = [sys.executable, "-m", "nnspec", "check", "long.yaml", "other.yaml", "--jobs", str(jobs)]
    surroundings = {**os.environ, "TMPDIR": str(Path("tmp").absolute())}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings
    )
    patience = time.monotonic() + 60
    while len(list(Path("tmp").glob("*/run/run.json"))) < jobs and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(number)
    # Its workers hold the same pipes: they are gone, too, when these are closed.
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert errors.splitlines()[-1] == "stopped"
    assert "Traceback" not in errors
    assert not list(Path("tmp").glob("*/run"))
