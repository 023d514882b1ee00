"""Runs with parts of plugins are verified like others; what a plugin does otherwise is found."""

from pathlib import Path

import pytest

from nnspec.api import Silent
from nnspec.cli.main import main
from nnspec.runs.execution import execute
from nnspec.runs.folder import RunFolder
from nnspec.runs.replay import Replay, replay
from nnspec.runs.verification import verify
from nnspec.spec.specification import parse
from plugins.shelf import DOUBLE, Shelf

RESTLESS = """\
import time
from nnspec.extend import Declaration, Layer
class Restless(Layer):
    "restless: a little more or less, as the clock has it."
    def declare(self, shape): return Declaration(shape)
    def forward(self, x, p, ctx): return x * (1 + 1e-3 * (time.perf_counter() % 1e-3))
    def backward(self, dy, p, g, ctx): return dy
"""
SPEC = """\
nnspec: 1
name: guest
dataset: {moons: {samples: 60}}
input: 2
layers: [LAYER, {dense: {units: 2, activation: softmax}}]
cost: cross_entropy
optimizer: {sgd: 0.1}
train: {epochs: 2}
reporters: []
"""


def replayed(run: Path) -> Replay:
    return replay(RunFolder.open(run), Silent())


def test_a_layer_that_draws_from_elsewhere_than_the_run_s_generators_is_given_away(
    shelf: Shelf, tmp_path: Path
) -> None:
    shelf.put("nnspec-restless", "0.3", {"layers": {"restless": "restless:Restless"}}, restless=RESTLESS)
    execute(parse(SPEC.replace("LAYER", "restless")), tmp_path / "run", Silent())
    found = replayed(tmp_path / "run")
    assert found.differences
    assert found.reasons == []


def test_another_version_of_a_plugin_is_said_and_a_missing_one_cannot_be_verified(
    shelf: Shelf, tmp_path: Path
) -> None:
    points = {"layers": {"double": "twice:Double"}}
    shelf.put("nnspec-twice", "0.3", points, twice=DOUBLE)
    execute(parse(SPEC.replace("LAYER", "double")), tmp_path / "run", Silent())
    assert replayed(tmp_path / "run").differences == []
    shelf.take("nnspec-twice", "0.3")
    shelf.put("nnspec-twice", "0.4", points, twice=DOUBLE.replace("* 2", "* 3"))
    assert replayed(tmp_path / "run").reasons == ["since then: plugins.nnspec-twice: 0.3 -> 0.4"]
    found = verify(tmp_path / "run")
    assert found.verdict == "same"
    assert found.notes == ("since then: plugins.nnspec-twice: 0.3 -> 0.4",)
    shelf.take("nnspec-twice", "0.4")
    found = verify(tmp_path / "run")
    assert found.verdict == "unknown"
    assert found.notes == ("since then: plugins.nnspec-twice: 0.3 -> not installed",)


def test_the_doctor_names_a_plugin_that_cannot_be_loaded(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.put("nnspec-twice", "0.3", {"layers": {"double": "twice:Double"}}, twice="import nothing_of_that_name")
    assert main(["doctor"]) == 1
    assert "TROUBLE: not all parts of nnspec-twice can be used" in capsys.readouterr().out
