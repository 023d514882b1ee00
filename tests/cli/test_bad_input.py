"""Every mistake ends in one clear message and an exit code: nothing half-written, no traceback."""

import gzip
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from nnspec.cli.main import main

GOOD = """\
nnspec: 1
name: try
dataset: DATASET
input: 4
layers:
  - dense: {units: 3, activation: softmax}
cost: cross_entropy
optimizer: {sgd: 0.1}
train: {epochs: 1}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that holds nothing."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], words: list[str], code: int, *expected: str) -> None:
    """Runs a command that must fail, leave nothing behind, and say what is expected."""
    before = set(Path().rglob("*"))
    assert main(words) == code
    captured = capsys.readouterr()
    for phrase in expected:
        assert phrase in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert set(Path().rglob("*")) == before


def write(text: str, name: str = "spec.yaml") -> list[str]:
    """The command that runs a spec of this text."""
    Path(name).write_text(text, "utf-8")
    return ["run", name, "-o", "out"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["spec.yaml:1:1", "empty"]),
        ("a: [", ["spec.yaml:", "not YAML"]),
        (GOOD.replace("softmax", "sofmax"), ["spec.yaml:6:35", "`sofmax`", "did you mean `softmax`?"]),
        (GOOD.replace("units", "unit"), ["spec.yaml:6:13", "no option `unit`", "did you mean `units`?"]),
        (GOOD.replace("units: 3", "units: three"), ["spec.yaml:6:20", "expected a whole number", '"three"']),
        (GOOD.replace("input: 4", "input: [1, 2, 2]"), ["spec.yaml:6:5", "insert `flatten` before it"]),
        (GOOD.replace("DATASET", "mnist"), ["spec.yaml:4:8", "1 x 28 x 28", "`input: 784`"]),
    ],
)
def test_bad_specs(text: str, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, write(text.replace("DATASET", "{csv: x.csv}")), 2, *expected)


def test_a_missing_spec(capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, ["run", "nope.yaml"], 2, "nope.yaml", "no such file")


def csv(text: str) -> list[str]:
    Path("x.csv").write_text(text, "utf-8")
    return write(GOOD.replace("DATASET", "{csv: {path: x.csv, label: kind}}"))


ROWS = "a,b,c,d,kind\n" + "".join(f"{i},{i},{i},{i},{'xyz'[i % 3]}\n" for i in range(9))


def test_good_rows_are_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(csv(ROWS)) == 0
    assert "finished" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (ROWS + "1,2,x\n", 1, ["x.csv:11", "3 cells where the header has 5"]),
        (ROWS.replace("\n4,4,", "\n4,nan,"), 1, ["x.csv:6", "no finite number"]),
        (ROWS.replace("\n4,4,", "\n4,,"), 1, ["x.csv:6", "missing value"]),
        (ROWS.replace("kind", "sort"), 1, ["x.csv", "no column `kind`"]),
        (ROWS.replace("z", "y"), 2, ["spec.yaml:6:20", "2 classes", "3 outputs"]),
        (ROWS.replace(",kind", ",e,kind", 1), 1, ["x.csv:2", "5 cells where the header has 6"]),
        ("", 1, ["x.csv"]),
    ],
)
def test_bad_tables(text: str, code: int, expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, csv(text), code, *expected)


def idx(magic: int, *lengths: int, content: bytes) -> bytes:
    return struct.pack(f">{1 + len(lengths)}i", magic, *lengths) + content


IMAGES = idx(2051, 3, 2, 2, content=bytes(12))
LABELS = idx(2049, 3, content=bytes([0, 1, 2]))


@pytest.mark.parametrize(
    ("images", "labels", "expected"),
    [
        (IMAGES[:-1], LABELS, "images"),
        (gzip.compress(IMAGES)[:-6], LABELS, "cut short"),
        (LABELS, LABELS, "2049"),
        (b"\x89PNG....", LABELS, "no IDX file"),
        (IMAGES, LABELS + b"\x00", "labels"),
        (IMAGES, idx(2049, 2, content=bytes(2)), "2 labels"),
    ],
    ids=["short", "gzip", "labels for images", "no IDX", "long", "too few labels"],
)
def test_bad_idx_files(images: bytes, labels: bytes, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("images").write_bytes(images)
    Path("labels").write_bytes(labels)
    words = write(GOOD.replace("DATASET", "{idx: {train_images: images, train_labels: labels}}"))
    refused(capsys, words, 1, expected)


def test_nan_in_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    inputs = np.ones((9, 4), np.float32)
    inputs[5, 2] = np.nan
    np.savez("x.npz", inputs=inputs, targets=np.arange(9) % 3)
    refused(capsys, write(GOOD.replace("DATASET", "{npz: x.npz}")), 1, "x.npz")


def test_a_pickle_that_would_run_something(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.pkl").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    refused(capsys, write(GOOD.replace("DATASET", "{pickle: x.pkl}")), 1, "x.pkl", "system")
    assert not (folder / "owned").exists()


def test_a_picture_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(csv(ROWS)) == 0
    capsys.readouterr()
    Path("x.png").write_bytes(b"no picture")
    assert main(["predict", "out", "x.png"]) in (1, 2)
    assert "x.png" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["evaluate", "nope"], ["predict", "nope", "1"], ["imagine", "nope"]])
def test_a_missing_run(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, words, 2, "nope", "no such run folder")


AS_ANOTHER_USER = """
import os, sys
from nnspec.cli.main import main
# Once as root, so that everything is loaded that another user may not be allowed to read.
assert main(["run", "spec.yaml", "-o", "open"]) == 0
os.setuid(65534)
sys.exit(main(["run", "spec.yaml", "-o", "closed/out"]))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="acts as another user, which only root can")
def test_a_folder_that_cannot_be_written() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        os.chdir(folder)
        csv(ROWS)
        Path("closed").mkdir(mode=0o555)
        result = subprocess.run(
            [sys.executable, "-c", AS_ANOTHER_USER], capture_output=True, text=True, check=False
        )
    assert result.returncode == 2, result.stderr
    assert "closed cannot be written to" in result.stderr
    assert "Traceback" not in result.stderr


def test_comparing_classes_by_a_single_output(capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD.replace("DATASET", "moons").replace("input: 4", "input: 2")
    words = write(text.replace("units: 3, activation: softmax", "units: 1, activation: sigmoid"))
    refused(capsys, words, 2, "spec.yaml:7:7", "single output", "binary_cross_entropy")


def test_facts_of_a_run_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(csv(ROWS)) == 0
    capsys.readouterr()
    Path("out/run.json").write_text("[]", "utf-8")
    refused(capsys, ["evaluate", "out"], 2, "run.json", "damaged")
    assert main(["predict", "out", "1", "2", "3", "nan"]) != 0
