"""`nnspec doctor`: what it looks at, and what it finds where something is wrong."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.cli import doctor
from nnspec.cli.main import main

Output = pytest.CaptureFixture[str]


def checks(capsys: Output, expected: int) -> dict[str, Any]:
    """What it says, by subject."""
    assert main(["doctor", "--json"]) == expected
    found = json.loads(capsys.readouterr().out)
    assert found["healthy"] == (expected == 0)
    return {check["subject"]: check for check in found["checks"]}


def test_where_all_is_well_it_says_so_on_one_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "all is well"
    assert len(lines) <= 24
    found = checks(capsys, 0)
    assert f"numpy {np.__version__}" in found["libraries"]["text"]
    assert found.keys() == {"nnspec", "libraries", "BLAS", "products", "cores", "data", "plugins", "runs"}
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_missing_or_too_old_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["numpy>=99", "no-such-thing>=1", "onnx>=99; extra == 'onnx'"]
    )
    assert checks(capsys, 1)["libraries"]["trouble"] == "pip install 'numpy>=99' 'no-such-thing>=1'"


def test_products_that_are_wrong_are_found(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """As one release of NumPy had it: wrong where the result lies the other way."""
    right = np.matmul

    def wrong(a: Any, b: Any, out: Any) -> Any:
        right(a, b, out=out)
        if not out.flags.c_contiguous:
            out[0, 0] += 1

    monkeypatch.setattr(np, "matmul", wrong)
    assert "multiplies wrongly" in checks(capsys, 1)["products"]["trouble"]


def test_a_folder_for_data_that_is_not_there_is_found(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setenv("NNSPEC_DATA", "/nowhere/at/all")
    assert "names no folder" in checks(capsys, 1)["data"]["trouble"]


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc").is_dir(), reason="a folder that refuses even root")
def test_a_folder_that_cannot_be_written_is_found(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.chdir("/proc")
    assert "go to another folder" in checks(capsys, 1)["runs"]["trouble"]
