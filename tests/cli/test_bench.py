"""`nnspec bench`: every layer is there, the figures fit each other, and nothing is left behind."""

import json
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from nnspec.cli.main import main
from nnspec.insight.timing import measure
from nnspec.parts.activations.tanh import Tanh
from nnspec.runs.experiment import prepare
from nnspec.spec.specification import load

Output = pytest.CaptureFixture[str]


def bench(capsys: Output, *words: str) -> dict[str, Any]:
    assert main(["bench", *words, "--json", "--seconds", "0.05", "--offline"]) == 0
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    return facts


def test_it_prints_a_line_for_each_layer_and_leaves_nothing(
    crescents: str, tmp_path: Path, capsys: Output
) -> None:
    assert main(["bench", crescents, "--seconds", "0.05"]) == 0
    lines = capsys.readouterr().out.splitlines()
    firsts = [line.split()[0] for line in lines[2 : lines.index("")]]
    layers = ["layers.0", "layers.0.activation", "layers.1", "layers.1.activation"]
    assert firsts == [*layers, "cost", "optimizer", "data"]
    assert [path.name for path in tmp_path.iterdir()] == ["moons.yaml"]


def test_as_json_the_figures_fit_each_other(crescents: str, capsys: Output) -> None:
    facts = bench(capsys, crescents)
    assert facts["name"] == "crescents"
    assert facts["batch_size"] == 10
    # The last activation's gradient is part of the cost's.
    assert [layer["backward"] is None for layer in facts["layers"]] == [False, False, False, True]
    assert all(layer["forward"] > 0 for layer in facts["layers"])
    steps = facts["steps_an_epoch"]
    assert steps == 8  # four fifths of 100 samples are for training
    assert facts["epoch_seconds"] == pytest.approx((facts["step"] + facts["data"]) * steps / 1e6)
    assert facts["share"] == pytest.approx(facts["limit"] / (facts["step"] + facts["data"]))
    # Weights, gradient and velocity; each parameter starts at a multiple of 16 numbers.
    assert facts["bytes_parameters"] == 3 * 4 * (16 + 16 + 16 + 16)
    assert facts["bytes_buffers"] >= 4 * 10 * (8 + 8 + 2 + 2)


def test_a_batch_in_shards_is_told(crescents: str, capsys: Output) -> None:
    facts = bench(capsys, crescents, "--set", "engine.shards=2")
    assert facts["shards"] == 2
    assert facts["share"] == pytest.approx(facts["limit"] / (2 * (facts["step"] + facts["data"])))


def test_a_slow_pass_shows_in_its_own_place(crescents: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = Tanh.gradient

    def slow(*args: Any) -> None:
        sleep(0.003)
        gradient(*args)

    monkeypatch.setattr(Tanh, "gradient", slow)
    timing = measure(prepare(load(crescents), offline=True), 0.1)
    times = [(layer.forward, layer.backward or 0.0) for layer in timing.layers]
    assert max(max(pair) for pair in times) == times[1][1] >= 3000
    assert timing.step >= 3000


def test_measuring_takes_some_time(crescents: str, capsys: Output) -> None:
    assert main(["bench", crescents, "--seconds", "0"]) == 2
    assert "--seconds 0" in capsys.readouterr().err
