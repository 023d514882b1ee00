"""`nnspec show --memory` says what a run will take, and runs take that."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from peak import measured_run

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


@pytest.mark.skipif("sys.platform != 'linux'", reason="memory is read from /proc")
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
    _, peak = measured_run(tmp_path)
    assert facts["bytes_run"] + inputs.nbytes == pytest.approx(peak, rel=0.1)
