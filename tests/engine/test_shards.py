"""Shards: a batch cut into pieces, each in a thread of its own, gives the gradient of the whole batch."""

import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Declaration, Layer, State
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.shards import choose, cut
from nnspec.errors import FaultyPartError
from nnspec.registry import default_resolver
from nnspec.types import Array, Shape

part = default_resolver().part
Entries = Sequence[object]


def network(
    layers: Entries, shape: Shape, shards: int, cost: object = "cross_entropy", dtype: Any = np.float64
) -> Network:
    parts = [layer if isinstance(layer, Layer) else part(Layer, layer, {}) for layer in layers]
    bound = Network(plan(parts, shape), part(Cost, cost, {}), Seeds(1), dtype, shards=shards)
    bound.initialize()
    return bound


def batch(shape: Shape, samples: int, classes: int = 3) -> tuple[Array, Array]:
    random = np.random.default_rng(samples)
    x = random.normal(size=(samples, *shape)).transpose(*range(1, len(shape) + 1), 0)
    return x, np.eye(classes)[random.integers(classes, size=samples)].T


STACKS: list[tuple[Entries, Shape, str]] = [
    ([{"dense": 6}, "tanh", {"dense": 3}, "softmax"], (5,), "cross_entropy"),
    ([{"dense": 6}, "sigmoid", {"dense": 3}, "sigmoid"], (5,), "quadratic"),
    ([{"dense": 6}, "batch_norm", "relu", {"dense": 3}, "batch_norm", "softmax"], (5,), "cross_entropy"),
    (
        [
            {"conv2d": {"filters": 3, "kernel": 3}},
            "batch_norm",
            {"max_pool2d": 2},
            "flatten",
            {"dense": 3},
            "softmax",
        ],
        (2, 6, 6),
        "cross_entropy",
    ),
    ([{"lstm": 4}, "batch_norm", "flatten", {"dense": 3}, "softmax"], (5, 4), "cross_entropy"),
    ([{"attention": {"heads": 2}}, "flatten", {"dense": 3}, "softmax"], (5, 4), "cross_entropy"),
]


@pytest.mark.parametrize(("layers", "shape", "cost"), STACKS)
@pytest.mark.parametrize(("samples", "shards"), [(8, 2), (7, 2), (7, 3), (2, 3), (1, 2)])
def test_cost_gradient_and_state_are_those_of_the_whole_batch(
    layers: Entries, shape: Shape, cost: str, samples: int, shards: int
) -> None:
    x, t = batch(shape, samples)
    whole, cut_up = network(layers, shape, 1, cost), network(layers, shape, shards, cost)
    for _ in range(3):
        assert cut_up.step(x, t) == pytest.approx(whole.step(x, t), rel=1e-12)
        np.testing.assert_allclose(cut_up.gradient, whole.gradient, rtol=1e-9, atol=1e-12)
        for (_, expected), (name, found) in zip(whole.states.named(), cut_up.states.named(), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=name)


def test_the_same_seed_gives_the_same_bits_whatever_the_threads_timing() -> None:
    layers: Entries = [Dawdling(), {"dense": 50}, "batch_norm", {"dropout": 0.5}, "relu", {"dense": 3}, "softmax"]
    results = []
    for _ in range(3):
        bound = network(layers, (8,), 3, dtype=np.float32)
        for samples in (30, 30, 11, 30):
            x, t = batch((8,), samples)
            bound.step(x.astype(np.float32), t.astype(np.float32))
        results.append(bound.gradient.tobytes())
    assert results[0] == results[1] == results[2]


def test_each_shard_draws_from_a_generator_of_its_own() -> None:
    bound = network([{"dropout": 0.5}, {"dense": 3}], (400,), 2, "quadratic")
    bound.step(np.ones((400, 2)), np.zeros((3, 2)))
    first, second = (lane.contexts[0].y[:, 0] for lane in bound.lanes)
    assert (first != second).sum() > 100
    alone = network([{"dropout": 0.5}, {"dense": 3}], (400,), 1, "quadratic")
    alone.step(np.ones((400, 1)), np.zeros((3, 1)))
    np.testing.assert_array_equal(alone.lane.contexts[0].y[:, 0], first)


def test_what_a_layer_raises_in_any_shard_is_raised_and_the_next_step_is_sound() -> None:
    x, t = batch((5,), 8)
    expected = network(["identity", "batch_norm", {"dense": 3}, "softmax"], (5,), 1)
    expected.step(x, t)
    for shard in range(3):
        bound = network([Failing(shard=shard), "batch_norm", {"dense": 3}, "softmax"], (5,), 3)
        Failing.armed = True
        with pytest.raises(FaultyPartError, match=f"ZeroDivisionError: shard {shard}"):
            bound.step(x, t)
        Failing.armed = False
        bound.step(x, t)
        np.testing.assert_allclose(bound.gradient, expected.gradient, rtol=1e-9, atol=1e-12)


def test_an_interruption_of_the_calling_thread_leaves_no_shard_running() -> None:
    bound = network([Interrupted(), "batch_norm", {"dense": 3}, "softmax"], (5,), 2)
    x, t = batch((5,), 8)
    with pytest.raises(KeyboardInterrupt):
        bound.step(x, t)
    assert Interrupted.running == 0


def test_numpys_error_state_holds_in_every_thread() -> None:
    bound = network(["exponential", {"dense": 3}], (4,), 2, "quadratic", np.float32)
    x, t = np.full((4, 8), 1e4, np.float32), np.zeros((3, 8), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(bound.step(x, t))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        bound.step(x, t)


def test_state_that_a_layer_writes_without_asking_the_other_shards_is_that_of_the_first() -> None:
    bound = network([Counting(), {"dense": 3}], (2,), 2, "quadratic")
    x = np.array([[1.0, 2.0, 3.0, 100.0], [0, 0, 0, 0]])
    for _ in range(2):
        bound.step(x, np.zeros((3, 4)))
    ((_, seen),) = bound.states.named()
    assert seen == 2 * (1 + 2)


@pytest.mark.parametrize(("length", "shards"), [(10, 3), (3, 3), (2, 3), (1, 1), (64, 2), (0, 2)])
def test_a_cut_is_even_and_misses_nothing(length: int, shards: int) -> None:
    places = cut(length, shards)
    assert [number for place in places for number in range(length)[place]] == list(range(length))
    sizes = [place.stop - place.start for place in places]
    assert max(sizes) - min(sizes) <= 1
    assert len(places) == max(1, min(length, shards))


def test_small_networks_stay_whole_and_large_ones_use_the_cores() -> None:
    def nodes(*units: int) -> Any:
        return plan([part(Layer, {"dense": count}, {}) for count in units], (784,))

    assert choose(nodes(30, 10), 10, available=8) == 1
    assert choose(nodes(128, 64, 10), 128, available=2) == 1
    assert choose(nodes(1000, 1000, 10), 128, available=2) == 2
    assert choose(nodes(1000, 1000, 10), 128, available=1) == 1
    assert choose(nodes(4000, 4000, 10), 1, available=8) == 1


class Dawdling(Layer):
    """Takes its time, another one in each thread and step."""

    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        time.sleep(np.random.default_rng().uniform(0, 0.003))
        return x

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array:
        return dy


class Failing(Dawdling):
    """Fails in one shard while the others wait for it."""

    armed: ClassVar[bool] = False
    shard: int = 0

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        name = threading.current_thread().name
        mine = name == f"nnspec-{self.shard}" or (self.shard == 0 and not name.startswith("nnspec-"))
        if Failing.armed and mine:
            raise ZeroDivisionError(f"shard {self.shard}")
        return x


class Interrupted(Dawdling):
    """The main thread is interrupted while the others compute."""

    running: ClassVar[int] = 0

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        if threading.current_thread() is threading.main_thread():
            time.sleep(0.01)
            raise KeyboardInterrupt
        Interrupted.running += 1
        time.sleep(0.05)
        Interrupted.running -= 1
        return x


class Counting(Dawdling):
    """Keeps a sum of its first input and asks nobody."""

    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape, state={"seen": State((1,))})

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        ctx.state.seen[...] += x[0].sum()
        return x
