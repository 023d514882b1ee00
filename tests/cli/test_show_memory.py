"""`nnspec show --memory` says what a run will take, and runs take that."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.cli.main import main

SPECS = {
    "wide": """
layers: [{dense: 900}, relu, {dense: 900}, relu, {dense: 3}, softmax]
optimizer: {adam: 0.001}
train: {epochs: 1, batch_size: 100}
""",
    "batches": """
layers: [{dense: 500}, tanh, {dense: 500}, {dropout: 0.2}, {dense: 500}, tanh, {dense: 3}, softmax]
optimizer: {sgd: 0.1}
train: {epochs: 1, batch_size: 4000}
engine: {shards: 2}
""",
    "sequences": """
transforms: []
layers: [{reshape: [40, 10]}, {lstm: 64}, flatten, {dense: 3}, softmax]
optimizer: {sgd: 0.1}
train: {epochs: 1, batch_size: 500}
""",
}
COMMON = """
nnspec: 1
dataset: {npy: {inputs: x.npy, targets: y.npy}}
input: 400
cost: cross_entropy
"""


@pytest.mark.skipif("sys.platform != 'linux'", reason="kilobytes of resident memory are Linux's unit")
@pytest.mark.parametrize("name", SPECS)
def test_the_memory_of_a_run_is_predicted_within_a_tenth(tmp_path: Path, name: str) -> None:
    (tmp_path / "spec.yaml").write_text(COMMON + SPECS[name])
    inputs = np.random.default_rng(0).normal(size=(4000, 400)).astype(np.float32)
    np.save(tmp_path / "x.npy", inputs)
    np.save(tmp_path / "y.npy", np.arange(4000) % 3)
    shown = subprocess.run(
        [sys.executable, "-m", "nnspec", "show", "spec.yaml", "--memory", "--json"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    facts: dict[str, Any] = json.loads(shown.stdout)
    assert facts["bytes_run"] + inputs.nbytes == pytest.approx(_peak(tmp_path), rel=0.1)


def _peak(folder: Path) -> float:
    command = [sys.executable, "-m", "nnspec", "run", "spec.yaml", "-o", "run"]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_maxrss * 1024.0


def test_the_table_says_what_each_layer_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.yaml").write_text(COMMON + SPECS["wide"])
    assert main(["show", str(tmp_path / "spec.yaml"), "--memory"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("memory")
    # Outputs and the gradient behind them, for the step of 100 samples and the evaluation of 500.
    relu = next(line for line in lines if " relu " in line)
    assert relu.split()[-2:] == ["2.52", "MB"]
    assert (100 + 500 + 100) * 900 * 4 == 2_520_000
    assert main(["show", str(tmp_path / "spec.yaml")]) == 0
    assert "--memory measures the rest" in capsys.readouterr().out
