"""`nnspec export`: what is taken elsewhere computes the same there."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from nnspec.cli.main import main
from nnspec.runs.opened import OpenedRun
from nnspec.spec.specification import parse


def outputs(arrays: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The flowers' network by hand: softmax(W x + b) of samples as columns."""
    z = arrays["layers.0.W"] @ x + arrays["layers.0.b"]
    e = np.exp(z - z.max(axis=0))
    return np.asarray(e / e.sum(axis=0))


def exported(run: Path, form: str, folder: Path) -> Path:
    path = folder / f"flowers.{form}"
    assert main(["export", str(run), "--format", form, "-o", str(path)]) == 0
    return path


def test_numpy_reads_what_was_exported_and_computes_the_same(flowers: Path, tmp_path: Path) -> None:
    with np.load(exported(flowers, "numpy", tmp_path), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    run = OpenedRun(flowers)
    rows = np.random.default_rng(0).random((4, 5))
    assert np.allclose(outputs(arrays, rows.T).T, run.predict(rows).outputs, atol=1e-6)
    assert tuple(arrays["classes"]) == run.classes
    assert parse(str(arrays["spec"])).document == run.spec.document


def test_safetensors_hold_the_same_arrays_and_the_spec(flowers: Path, tmp_path: Path) -> None:
    with np.load(exported(flowers, "numpy", tmp_path), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name not in ("spec", "classes")}
    with safe_open(exported(flowers, "safetensors", tmp_path), framework="numpy") as file:
        about = json.loads(file.metadata()["nnspec"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
    assert tensors.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(tensors[name], array)
    assert about["classes"] == list(OpenedRun(flowers).classes or ())
    assert parse(about["spec"]).document == OpenedRun(flowers).spec.document


def test_the_same_run_gives_the_same_file_named_after_the_network(
    flowers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(flowers), "--format", "safetensors"]) == 0
    assert capsys.readouterr().out == "flowers.safetensors\n"
    first = Path("flowers.safetensors").read_bytes()
    assert main(["export", str(flowers), "--format", "safetensors"]) == 0
    assert Path("flowers.safetensors").read_bytes() == first


def test_a_format_that_does_not_exist_is_answered_with_those_that_do(
    flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(flowers), "--format", "nunpy"]) == 2
    assert "did you mean `numpy`?" in capsys.readouterr().err
    assert main(["export", str(flowers), "--format", "numpy=3"]) == 2
    assert "has no options" in capsys.readouterr().err
