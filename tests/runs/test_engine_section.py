"""The section `engine`: what it says, and what `auto` comes to, stands in the run folder."""

import json
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.spec.specification import parse

SPEC = """
nnspec: 1
name: points
dataset: {moons: {samples: 120}}
input: 2
layers: [{dense: 8}, batch_norm, tanh, {dropout: 0.2}, {dense: 2}, softmax]
cost: cross_entropy
optimizer: {momentum: 0.1}
train: {epochs: 2, batch_size: 32}
"""


@pytest.mark.parametrize(("engine", "shards"), [("", 1), ("engine: {shards: 1}", 1), ("engine: {shards: 3}", 3)])
def test_a_run_says_how_many_shards_it_used_and_so_does_the_spec_it_leaves(
    tmp_path: Path, engine: str, shards: int
) -> None:
    run = nnspec.run(parse(SPEC + engine), tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["engine"]["shards"] == shards
    assert nnspec.load(tmp_path / "run" / "spec.yaml").document.engine.shards == shards
    assert run.facts["status"] == "finished"


def test_shards_stand_beside_the_name_of_a_result_and_the_same_number_gives_the_same_bytes(tmp_path: Path) -> None:
    facts, weights = [], []
    for number, shards in enumerate((3, 3, 1)):
        folder = tmp_path / str(number)
        nnspec.run(parse(SPEC + f"engine: {{shards: {shards}}}"), folder)
        facts.append(json.loads((folder / "run.json").read_text()))
        weights.append((folder / "checkpoints" / "last.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]
    assert facts[0]["fingerprint"] == facts[1]["fingerprint"] == facts[2]["fingerprint"]
    assert [each["engine"]["shards"] for each in facts] == [3, 3, 1]


def test_a_value_that_is_no_number_in_a_file_that_stays_is_told_as_the_datas(tmp_path: Path) -> None:
    inputs = np.random.default_rng(0).normal(size=(120, 2)).astype(np.float32)
    inputs[77, 1] = np.nan
    np.save(tmp_path / "x.npy", inputs)
    np.save(tmp_path / "y.npy", np.arange(120) % 2)
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        SPEC.replace("{moons: {samples: 120}}", "{npy: {inputs: x.npy, targets: y.npy, in_memory: false}}")
    )
    facts = nnspec.run(spec, tmp_path / "run").facts
    assert facts["status"] == "failed"
    assert "a sample of the batch holds a value that is no finite number" in facts["reason"]
