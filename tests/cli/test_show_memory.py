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
    # Outputs and the gradient behind them, for the step of 100 samples and the evaluation of 500.
    relu = next(line for line in lines if " relu " in line)
    assert relu.split()[-2:] == ["2.52", "MB"]
    assert (100 + 500 + 100) * 900 * 4 == 2_520_000
    assert main(["show", str(tmp_path / "spec.yaml")]) == 0
    assert "--memory measures the rest" in capsys.readouterr().out
