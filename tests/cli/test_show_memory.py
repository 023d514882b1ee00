"""`nnspec show --memory` says what each layer takes."""

from pathlib import Path

import pytest

from nnspec.cli.main import main

SPEC = """
nnspec: 1
dataset: {npy: {inputs: x.npy, targets: y.npy}}
input: 400
layers: [{dense: 900}, relu, {dense: 3}, softmax]
cost: cross_entropy
optimizer: {sgd: 0.1}
train: {batch_size: 100}
"""


def test_the_table_says_what_each_layer_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    assert main(["show", str(tmp_path / "spec.yaml"), "--memory"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("memory")
    # Of 900 units: for the step of 100 samples outputs, the gradient behind them, zeros that they are compared
    # with, and a byte for each comparison; for the evaluation of 500, outputs.
    relu = next(line for line in lines if " relu " in line)
    assert relu.split()[-2:] == ["2.97", "MB"]
    assert 900 * (100 * (4 + 4 + 4 + 1) + 500 * 4) == 2_970_000
    assert main(["show", str(tmp_path / "spec.yaml")]) == 0
    assert "--memory measures the rest" in capsys.readouterr().out
