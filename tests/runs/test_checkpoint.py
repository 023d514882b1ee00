"""Checkpoints come back as they went, byte for byte, and damage is found."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.transform import Transform
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import DataError
from nnspec.registry import default_resolver
from nnspec.runs.checkpoint import Checkpoint
from runs.spoiling import state

part = default_resolver().part
ROWS = np.random.default_rng(0).normal(5, 2, (30, 4)).astype(np.float32)


def made(units: int = 3, seed: int = 1) -> tuple[Network, Updates, Pipeline]:
    seeds = Seeds(seed)
    nodes = plan([part(Layer, {"dense": units}, {}), part(Layer, "softmax", {})], (4,))
    network = Network(nodes, part(Cost, "cross_entropy", {}), seeds)
    network.initialize()
    pipeline = Pipeline([part(Transform, "standardize", {})], (4,), seeds)
    pipeline.fit(ROWS)
    updates = Updates(network, part(Optimizer, {"momentum": 0.1}, {}), None)
    for _ in range(3):
        network.forward(pipeline.apply(ROWS), training=True)
        network.backward(np.eye(units, dtype=np.float32)[np.arange(30) % units].T)
        updates.apply()
    return network, updates, pipeline


STATE: dict[str, Any] = state(
    2, 3, metrics={"test": {"cost": 0.5}}, generators={"noise": dict(Seeds(1).at("noise").bit_generator.state)}
)


@pytest.fixture
def content() -> bytes:
    return Checkpoint.take(*made(), STATE).to_bytes()


def loaded(content: bytes, folder: Path) -> Checkpoint:
    path = folder / "last.safetensors"
    path.write_bytes(content)
    return Checkpoint.load(path)


def test_a_checkpoint_comes_back_as_it_went(content: bytes, tmp_path: Path) -> None:
    network, updates, _ = made()
    checkpoint = loaded(content, tmp_path)
    assert checkpoint.state == {"format": 1, **STATE}
    assert set(checkpoint.tensors) == {
        "parameters/layers.0.W", "parameters/layers.0.b", "slots/velocity/layers.0.W", "slots/velocity/layers.0.b",
        "fitted/0.mean", "fitted/0.inverse",
    }  # fmt: skip
    np.testing.assert_array_equal(checkpoint.tensors["parameters/layers.0.W"], network.parameters(0).W)
    velocity = dict(network.layout.named(updates.slots["velocity"]))["layers.0.W"]
    np.testing.assert_array_equal(checkpoint.tensors["slots/velocity/layers.0.W"], velocity)


def test_restoring_gives_the_same_answers(content: bytes, tmp_path: Path) -> None:
    network, _, pipeline = made()
    other, _, fresh = made(seed=2)
    fresh.fitted = [{}]
    loaded(content, tmp_path).restore(other, fresh)
    np.testing.assert_array_equal(network.forward(pipeline.apply(ROWS)), other.forward(fresh.apply(ROWS)))


def test_the_same_training_gives_the_same_bytes(content: bytes, tmp_path: Path) -> None:
    assert Checkpoint.take(*made(), STATE).to_bytes() == content
    shuffled = dict(reversed(STATE.items()))
    assert Checkpoint.take(*made(), shuffled).to_bytes() == content
    assert loaded(content, tmp_path).to_bytes() == content


def test_a_checkpoint_is_a_copy_that_training_leaves_alone() -> None:
    network, updates, pipeline = made()
    checkpoint = Checkpoint.take(network, updates, pipeline, STATE)
    before = checkpoint.to_bytes()
    network.weights[...] = 0
    updates.slots["velocity"][...] = 0
    assert checkpoint.to_bytes() == before


def test_arrays_that_lie_transposed_are_kept_right(tmp_path: Path) -> None:
    turned = np.arange(12, dtype=np.float64).reshape(3, 4).T
    network, updates, pipeline = made()
    pipeline.fitted = [{"mean": turned, "inverse": turned[::2, ::-1]}]
    checkpoint = loaded(Checkpoint.take(network, updates, pipeline, STATE).to_bytes(), tmp_path)
    np.testing.assert_array_equal(checkpoint.tensors["fitted/0.mean"], turned)
    np.testing.assert_array_equal(checkpoint.tensors["fitted/0.inverse"], turned[::2, ::-1])


def test_a_flipped_bit_in_any_tensor_is_found(content: bytes, tmp_path: Path) -> None:
    start = 8 + int.from_bytes(content[:8], "little")
    for place in range(start, len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        with pytest.raises(DataError, match="does not match its SHA-256"):
            loaded(bytes(damaged), tmp_path)


def test_a_flipped_bit_in_the_header_never_yields_other_tensors(content: bytes, tmp_path: Path) -> None:
    expected = loaded(content, tmp_path).tensors
    for place in range(8 + int.from_bytes(content[:8], "little")):
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 7)
        try:
            found = loaded(bytes(damaged), tmp_path).tensors
        except DataError:
            continue
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, -1, -100])
def test_a_file_cut_short_is_found(content: bytes, tmp_path: Path, length: int) -> None:
    with pytest.raises(DataError, match="damaged"):
        loaded(content[:length], tmp_path)


@pytest.mark.parametrize("more", [b"\0", b"trailing"])
def test_a_file_with_more_at_its_end_is_found(content: bytes, tmp_path: Path, more: bytes) -> None:
    with pytest.raises(DataError, match="damaged"):
        loaded(content + more, tmp_path)


def test_other_files_are_no_checkpoints(tmp_path: Path) -> None:
    from safetensors.numpy import save

    for content in (b"", b"PK\x03\x04" * 20, b"\xff" * 100, save({"W": np.zeros(3, np.float32)})):
        with pytest.raises(DataError, match="damaged, or no checkpoint of nnspec"):
            loaded(content, tmp_path)
    with pytest.raises(DataError, match="there is no such checkpoint"):
        Checkpoint.load(tmp_path / "absent.safetensors")


def test_a_later_format_is_named(content: bytes, tmp_path: Path) -> None:
    header = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + header])["__metadata__"]
    assert list(metadata) == ["nnspec"]
    later = content.replace(rb"\"format\":1", rb"\"format\":2")
    assert later != content
    with pytest.raises(DataError, match="checkpoint format 2, but this nnspec reads 1"):
        loaded(later, tmp_path)


def test_a_checkpoint_of_another_network_does_not_fit(content: bytes, tmp_path: Path) -> None:
    network, _, pipeline = made(units=5)
    with pytest.raises(DataError, match=r"layers\.0\.W should be \(5, 4\), is of shape \(3, 4\)"):
        loaded(content, tmp_path).restore(network, pipeline)


def test_a_changed_figure_in_the_state_is_found(content: bytes, tmp_path: Path) -> None:
    for word in (rb"\"epoch\":2", rb"\"step\":3", rb"\"cost\":0.5"):
        changed = content.replace(word, word[:-1] + b"7")
        assert changed != content
        with pytest.raises(DataError, match="damaged"):
            loaded(changed, tmp_path)
