"""Transfer: a network begins with what another one has learned, and says so where it cannot."""

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.errors import SpecError
from nnspec.runs.opened import OpenedRun
from nnspec.types import Array

SPEC = """
nnspec: 1
seed: {seed}
dataset: {{moons: {{samples: 60, test: 20}}}}
transforms: []
input: 2
layers: {layers}
cost: cross_entropy
optimizer: {{sgd: {rate}}}
train: {{epochs: 1, batch_size: 20, freeze: [{freeze}]}}
{transfer}
"""
LAYERS = "[{dense: 6}, batch_norm, tanh, {dense: 2}, softmax]"


def run(folder: Path, name: str, transfer: str = "", **changes: object) -> OpenedRun:
    settings = {"seed": 1, "layers": LAYERS, "rate": 0.1, "freeze": "", "transfer": transfer} | changes
    path = folder / f"{name}.yaml"
    path.write_text(SPEC.format(**settings))
    return nnspec.run(path, folder / name, force=True)


def learned(opened: OpenedRun) -> dict[str, Array]:
    network = opened.network
    named = [*network.layout.named(network.weights), *network.states.named()]
    return {name: array.copy() for name, array in named}


@pytest.fixture
def base(tmp_path: Path) -> OpenedRun:
    return run(tmp_path, "base")


def test_what_the_patterns_pick_is_taken_and_nothing_else(tmp_path: Path, base: OpenedRun) -> None:
    """With a rate of next to nothing, parameters stay where they begin."""
    text = 'transfer: {run: base, parameters: ["layers.0.*", "layers.1.gamma"]}'
    there, here, drawn = (
        learned(base),
        learned(run(tmp_path, "next", text, seed=2, rate=1e-12)),
        learned(run(tmp_path, "alone", seed=2, rate=1e-12)),
    )
    for name in ("layers.0.W", "layers.1.gamma"):
        assert np.allclose(here[name], there[name], atol=1e-9)
        assert not np.allclose(here[name], drawn[name], atol=1e-4)
    assert np.allclose(here["layers.3.W"], drawn["layers.3.W"], atol=1e-9)


def test_running_state_is_taken_too_and_frozen_parameters_stay(tmp_path: Path, base: OpenedRun) -> None:
    opened = run(tmp_path, "next", "transfer: {run: base}", seed=2, freeze='"layers.0.*"')
    assert (learned(opened)["layers.0.W"] == learned(base)["layers.0.W"]).all()
    taken = opened.facts["transfer"]
    assert set(taken["names"]) == set(learned(base))
    assert taken["run"] == "base"


def test_layers_may_be_called_otherwise_there(tmp_path: Path, base: OpenedRun) -> None:
    layers = "[{dense: 6}, tanh, {dense: 6}, tanh, {dense: 2}, softmax]"
    text = "transfer: {run: base, parameters: [layers.4.*], rename: {layers.4: layers.3}}"
    opened = run(tmp_path, "next", text, layers=layers, rate=1e-12)
    assert np.allclose(learned(opened)["layers.4.W"], learned(base)["layers.3.W"], atol=1e-9)


@pytest.mark.usefixtures("base")
def test_the_checkpoint_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    first = run(tmp_path, "next", "transfer: {run: base}").facts
    again = run(tmp_path, "next", "transfer: {run: base}").facts
    run(tmp_path, "base", seed=3)
    other = run(tmp_path, "next", "transfer: {run: base}").facts
    assert first["fingerprint"] == again["fingerprint"] != other["fingerprint"]
    assert first["transfer"]["sha256"] != other["transfer"]["sha256"]


def test_a_checkpoint_may_be_named_by_itself(tmp_path: Path, base: OpenedRun) -> None:
    text = "transfer: {run: base/checkpoints/last.safetensors}"
    opened = run(tmp_path, "next", text, seed=2, rate=1e-12)
    assert np.allclose(learned(opened)["layers.3.W"], learned(base)["layers.3.W"], atol=1e-9)


@pytest.mark.parametrize(
    ("transfer", "layers", "message"),
    [
        ("{run: bsae}", LAYERS, r"transfer.run: .*there is no such run"),
        ("{run: base}", LAYERS.replace("6", "7"), r"layers.0.W is 7 x 2, but layers.0.W of base is 6 x 2"),
        ("{run: base}", LAYERS.replace(", tanh", ", tanh, {dense: 3}"), r"layers.3.W is 3 x 6, but .* is 2 x 6"),
        ("{run: base, parameters: [layers.2.*]}", "[{dense: 6}, tanh, {dense: 2}, softmax]", "has no layers.2.W"),
        ("{run: base, parameters: [layer.0.*]}", LAYERS, r"parameters\[0\]: no parameter's name fits"),
        ("{run: base, rename: {layers.3: layers.9}}", LAYERS, "has no layers.9.W, from which layers.3.W"),
        ("{run: damaged.safetensors}", LAYERS, "damaged"),
        ("{run: .}", LAYERS, "this is not a run folder"),
    ],
)
@pytest.mark.usefixtures("base")
def test_what_cannot_be_taken_is_said_in_the_spec(
    tmp_path: Path, transfer: str, layers: str, message: str
) -> None:
    content = bytearray((tmp_path / "base" / "checkpoints" / "last.safetensors").read_bytes())
    content[-3] ^= 1
    (tmp_path / "damaged.safetensors").write_bytes(content)
    with pytest.raises(SpecError, match=message):
        run(tmp_path, "next", f"transfer: {transfer}", layers=layers)
