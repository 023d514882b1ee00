"""What layers keep from step to step is one for a network, and comes back from a checkpoint as it went."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Declaration, Layer, State
from nnspec.contracts.optimizer import Optimizer
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import DataError
from nnspec.registry import default_resolver
from nnspec.runs.checkpoint import Checkpoint
from nnspec.testing import ContractError, check_layer
from nnspec.types import Array, Shape
from runs.spoiling import state

part = default_resolver().part


class Counter(Layer):
    """Counts training steps, and adds up the first samples of their batches."""

    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape, state={"steps": State((1,), fill=5.0), "sum": State(shape)})

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        if ctx.training:
            np.add(ctx.state.steps, 1, out=ctx.state.steps)
            np.add(ctx.state.sum, x[..., 0], out=ctx.state.sum)
        return x

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return dy


class Forgetful(Counter):
    """Puts another array in the state's place."""

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        setattr(ctx.state, "steps", ctx.state.steps + 1)  # noqa: B010 -- the mistake that is to be found
        return x


class Restless(Counter):
    """Counts evaluations too."""

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        np.add(ctx.state.steps, 1, out=ctx.state.steps)
        return x


def made(dtype: Any = np.float32) -> tuple[Network, Updates, Pipeline]:
    seeds = Seeds(1)
    layers = [Counter(), part(Layer, {"dense": 3}, {}), part(Layer, "batch_norm", {})]
    network = Network(plan(layers, (4,)), part(Cost, "quadratic", {}), seeds, dtype)
    network.initialize()
    return network, Updates(network, part(Optimizer, {"sgd": 0.1}, {})), Pipeline([], (4,), seeds, dtype)


def train(network: Network, updates: Updates, steps: int, batch: int = 6) -> None:
    for step in range(steps):
        x = np.random.default_rng(step).normal(size=(4, batch)).astype(network.dtype)
        network.forward(x, training=True)
        network.backward(np.zeros((3, batch), network.dtype))
        updates.apply()


def named(network: Network) -> dict[str, Array]:
    return dict(network.states.named())


def test_state_starts_out_as_declared_and_goes_by_the_layers_path() -> None:
    state = named(made()[0])
    assert set(state) == {"layers.0.steps", "layers.0.sum", "layers.2.mean", "layers.2.variance"}
    np.testing.assert_array_equal(state["layers.0.steps"], [5])
    np.testing.assert_array_equal(state["layers.0.sum"], np.zeros(4))
    np.testing.assert_array_equal(state["layers.2.variance"], np.ones((3, 1)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_has_the_networks_precision(dtype: Any) -> None:
    assert {array.dtype for array in named(made(dtype)[0]).values()} == {np.dtype(dtype)}


def test_all_batch_sizes_share_the_state_which_training_changes_and_evaluation_does_not() -> None:
    network, updates, _ = made()
    train(network, updates, 3)
    train(network, updates, 2, batch=5)
    np.testing.assert_array_equal(named(network)["layers.0.steps"], [10])
    before = {name: array.copy() for name, array in named(network).items()}
    network.forward(np.ones((4, 6), np.float32))
    for name, array in named(network).items():
        np.testing.assert_array_equal(array, before[name])


def test_initializing_again_starts_over() -> None:
    network, updates, _ = made()
    train(network, updates, 3)
    network.initialize()
    for name, array in named(made()[0]).items():
        np.testing.assert_array_equal(named(network)[name], array)


def test_a_checkpoint_brings_the_state_back_byte_for_byte(tmp_path: Path) -> None:
    network, updates, pipeline = made()
    train(network, updates, 4)
    path = tmp_path / "last.safetensors"
    path.write_bytes(Checkpoint.take(network, updates, pipeline, state()).to_bytes())
    checkpoint = Checkpoint.load(path)
    assert {name for name in checkpoint.tensors if name.startswith("state/")} == {
        "state/layers.0.steps", "state/layers.0.sum", "state/layers.2.mean", "state/layers.2.variance",
    }  # fmt: skip
    other, _, fresh = made()
    x = np.random.default_rng(9).normal(size=(4, 7)).astype(np.float32)
    before = other.forward(x).copy()
    checkpoint.restore(other, fresh)
    for name, array in named(other).items():
        assert array.tobytes() == named(network)[name].tobytes()
    after = other.forward(x)
    assert after.tobytes() == network.forward(x).tobytes()
    assert not np.array_equal(after, before)


def test_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped() -> None:
    through, updates, pipeline = made()
    train(through, updates, 4)
    checkpoint = Checkpoint.take(through, updates, pipeline, {})
    train(through, updates, 3)
    resumed, later, fresh = made()
    checkpoint.restore(resumed, fresh)
    train(resumed, later, 3)
    assert resumed.weights.tobytes() == through.weights.tobytes()
    for name, array in named(resumed).items():
        assert array.tobytes() == named(through)[name].tobytes()


def test_a_checkpoint_keeps_copies_that_training_leaves_alone() -> None:
    network, updates, pipeline = made()
    checkpoint = Checkpoint.take(network, updates, pipeline, {})
    kept = {name: array.copy() for name, array in checkpoint.tensors.items() if name.startswith("state/")}
    train(network, updates, 1)
    assert len(kept) == 4
    for name, array in kept.items():
        np.testing.assert_array_equal(checkpoint.tensors[name], array)


def test_a_checkpoint_without_the_state_or_with_another_does_not_fit() -> None:
    network, updates, pipeline = made()
    checkpoint = Checkpoint.take(network, updates, pipeline, {})
    tensors = dict(checkpoint.tensors)
    mean = tensors.pop("state/layers.2.mean")
    with pytest.raises(DataError, match=r"layers\.2\.mean should be \(3, 1\), is missing"):
        Checkpoint(tensors, checkpoint.state).restore(network, pipeline)
    tensors["state/layers.2.mean"] = mean.reshape(1, 3)
    with pytest.raises(DataError, match=r"layers\.2\.mean should be \(3, 1\), is of shape \(1, 3\)"):
        Checkpoint(tensors, checkpoint.state).restore(network, pipeline)


def test_the_conformance_kit_takes_state_that_is_kept_well() -> None:
    check_layer(Counter(), (3,))


@pytest.mark.parametrize(
    ("layer", "message"), [(Forgetful(), "updated in place"), (Restless(), "changes in training alone")]
)
def test_the_conformance_kit_finds_state_that_is_kept_badly(layer: Layer, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_layer(layer, (3,))
