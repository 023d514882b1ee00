"""Training: it learns, it repeats itself, it allocates nothing, and it says when it has gone wrong."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Split
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.transform import Transform
from nnspec.engine.batches import Batches
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.threads import one_blas_thread
from nnspec.engine.trainer import Epoch, Trainer
from nnspec.engine.updates import Updates
from nnspec.errors import DivergenceError
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part


class Silent:
    def __init__(self) -> None:
        self.heard: list[tuple[str, float]] = []

    def epoch_started(self, number: int, steps: int) -> None:
        self.heard.append(("epoch", steps))

    def steps_done(self, steps: int, cost: float) -> None:
        self.heard.append(("steps", steps))


def digits(samples: int, seed: int = 0) -> Split:
    """Images of 6 x 6 bytes in four classes: a bright quarter each, in noise."""
    random = np.random.default_rng(seed)
    classes = random.integers(4, size=samples)
    images = random.integers(0, 120, size=(samples, 1, 6, 6))
    for sample, number in enumerate(classes):
        row, column = 3 * (number // 2), 3 * (number % 2)
        images[sample, 0, row : row + 3, column : column + 3] += random.integers(0, 130)
    return Split(images.astype(np.uint8), classes)


def trainer(
    layers: list[Any],
    cost: str = "cross_entropy",
    optimizer: Any = None,
    *,
    seed: int = 1,
    batch: int = 10,
    train: Split | None = None,
    shuffle: bool = True,
) -> Trainer:
    seeds = Seeds(seed)
    train = digits(205) if train is None else train
    pixels = int(np.prod(train.inputs.shape[1:]))
    nodes = plan([part(Layer, entry, {}) for entry in layers], (pixels,))
    network = Network(nodes, part(Cost, cost, {}), seeds)
    network.initialize()
    pipeline = Pipeline([part(Transform, "scale", {})], (pixels,), seeds)
    pipeline.fit(train.inputs)
    output = nodes[-1].output
    updates = Updates(network, part(Optimizer, optimizer or {"sgd": 0.5}, {}), None)
    batches = Batches(train, pipeline, output, batch)
    held_out = {"test": Batches(digits(150, 9), pipeline, output, 40)} if train.inputs.ndim == 4 else {}
    return Trainer(
        network, updates, batches, held_out, {"accuracy": part(Metric, "accuracy", {})}, seeds, shuffle=shuffle
    )


MLP = [{"dense": 12}, "sigmoid", {"dense": 4}, "softmax"]


def epochs(of: Trainer, count: int) -> list[Epoch]:
    return list(of.epochs(count, Silent()))


@pytest.mark.parametrize(
    ("layers", "cost", "optimizer"),
    [
        (MLP, "cross_entropy", {"sgd": 0.5}),
        ([{"dense": 12}, "sigmoid", {"dense": 4}, "sigmoid"], "quadratic", {"sgd": 3.0}),
        ([{"dense": 12}, "relu", {"dropout": 0.2}, {"dense": 4}, "softmax"], "cross_entropy", {"momentum": 0.05}),
        ([{"dense": 12}, "tanh", {"dense": 4}, "sigmoid"], "binary_cross_entropy", {"sgd": 0.3}),
        ([{"dense": 12}, "leaky_relu", {"dense": 4}, "softmax"], "quadratic", {"momentum": 0.3}),
    ],
)
def test_training_lowers_the_cost_and_beats_chance(layers: list[Any], cost: str, optimizer: Any) -> None:
    first, *_, last = epochs(trainer(layers, cost, optimizer), 25)
    assert last.cost < 0.6 * first.cost
    accuracy = last.evaluations["test"].values["accuracy"]
    assert isinstance(accuracy, float)
    assert accuracy > 0.7
    assert last.evaluations["test"].samples == 150
    assert last.evaluations["test"].texts["accuracy"] == f"{round(accuracy * 150)} of 150"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    layers = [{"dense": 12}, "relu", {"dropout": 0.3}, {"dense": 4}, "softmax"]
    results = []
    for seed in (1, 1, 2):
        training = trainer(layers, seed=seed)
        costs = [epoch.cost for epoch in training.epochs(3, Silent())]
        results.append((training.network.weights.tobytes(), costs))
    assert results[0] == results[1]
    assert results[0][0] != results[2][0]


def test_the_last_batch_of_an_epoch_may_be_smaller_and_counts_by_its_samples() -> None:
    train = digits(23)
    training = trainer([{"dense": 4}, "softmax"], optimizer={"sgd": 1e-12}, train=train)
    (epoch,) = epochs(training, 1)
    network = training.network
    x = train.inputs.reshape(23, -1).T.astype(np.float32) / 255
    network.forward(x)
    assert epoch.cost == pytest.approx(network.cost_value(np.eye(4, dtype=np.float32)[train.targets].T), rel=1e-5)


def test_each_sample_is_met_once_an_epoch_and_in_a_new_order() -> None:
    train = Split(np.arange(23, dtype=np.float32)[:, np.newaxis], np.zeros((23, 1), np.float32))
    pipeline = Pipeline([], (1,), Seeds(1))
    batches, random = Batches(train, pipeline, (1,), 5), np.random.default_rng(0)
    orders = []
    for _ in range(2):
        met = [x.copy() for x, _ in batches.shuffled(random)]
        assert [x.shape[-1] for x in met] == [5, 5, 5, 5, 3]
        orders.append(np.concatenate(met, axis=-1).ravel())
    assert (np.sort(orders) == np.arange(23)).all()
    assert (orders[0] != orders[1]).any()
    in_order = np.concatenate([x.copy() for x, _ in batches.in_order()], axis=-1)
    np.testing.assert_array_equal(in_order.ravel(), np.arange(23))
    assert len(batches) == 5


@pytest.mark.parametrize("done", [0, 1, 4])
def test_targets_of_a_shuffled_batch_are_those_of_its_samples_and_lie_as_outputs_do(done: int) -> None:
    numbers = np.arange(23, dtype=np.float32)
    train = Split(numbers[:, np.newaxis], np.stack([numbers, -numbers, 2 * numbers], axis=1))
    batches = Batches(train, Pipeline([], (1,), Seeds(1)), (3,), 5)
    met = 0
    for x, t in batches.shuffled(np.random.default_rng(0), done=done):
        np.testing.assert_array_equal(t, [x[0], -x[0], 2 * x[0]])
        assert t.flags.c_contiguous or t.shape[-1] < 5
        met += t.shape[-1]
    assert met == 23 - 5 * done


def test_an_epoch_may_be_a_sample_of_the_data() -> None:
    train = Split(np.arange(23, dtype=np.float32)[:, np.newaxis], np.zeros((23, 1), np.float32))
    batches = Batches(train, Pipeline([], (1,), Seeds(1)), (1,), 4, samples=10)
    random = np.random.default_rng(0)
    met = np.concatenate([x.copy() for x, _ in batches.shuffled(random)], axis=-1).ravel()
    assert len(batches) == 3
    assert len(np.unique(met)) == 10


@pytest.mark.parametrize(
    ("targets", "output", "expected"),
    [
        (np.array([2, 0]), (3,), [[0, 1], [0, 0], [1, 0]]),
        (np.array([1, 0]), (1,), [[1, 0]]),
        (np.array([[0.5, 2.0], [1.5, 3.0]]), (2,), [[0.5, 1.5], [2.0, 3.0]]),
        (np.array([0.25, 0.75]), (1,), [[0.25, 0.75]]),
    ],
)
def test_targets_get_the_shape_of_the_outputs(targets: Array, output: tuple[int, ...], expected: Any) -> None:
    split = Split(np.zeros((2, 1), np.float32), targets)
    batches = Batches(split, Pipeline([], (1,), Seeds(1)), output, 2)
    ((_, t),) = list(batches.in_order())
    np.testing.assert_array_equal(t, expected)
    assert t.dtype == np.float32


def test_images_reach_the_network_with_the_batch_last() -> None:
    images = np.random.default_rng(0).normal(size=(5, 2, 3, 4)).astype(np.float32)
    split = Split(images, np.zeros((5, 1), np.float32))
    ((x, _),) = list(Batches(split, Pipeline([], (2, 3, 4), Seeds(1)), (1,), 5).in_order())
    np.testing.assert_array_equal(x, images.transpose(1, 2, 3, 0))
    ((flat, _),) = list(Batches(split, Pipeline([], (24,), Seeds(1)), (1,), 5).in_order())
    np.testing.assert_array_equal(flat, images.reshape(5, 24).T)


def test_a_wide_regression_makes_no_table_of_classes() -> None:
    split = Split(np.zeros((2, 1), np.float32), np.zeros((2, 20_000), np.float32))
    tracemalloc.start()
    try:
        Batches(split, Pipeline([], (1,), Seeds(1)), (20_000,), 2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize(
    ("layers", "cost"),
    [
        ([{"dense": 100}, "sigmoid", {"dense": 10}, "sigmoid"], "quadratic"),
        ([{"dense": 100}, "relu", {"dense": 10}, "softmax"], "cross_entropy"),
        ([{"dense": {"units": 100, "activation": "leaky_relu"}}, {"dense": 10}, "tanh"], "quadratic"),
        ([{"dense": 100}, {"dropout": 0.3}, {"dense": 10}, "sigmoid"], "binary_cross_entropy"),
        ([{"dense": 100}, "softmax", {"dense": 10}, "sigmoid"], "cross_entropy"),
    ],
)
def test_a_step_allocates_nothing(layers: list[Any], cost: str) -> None:
    """Not even for a moment does memory rise by a tenth of what the first layer's outputs take (400 KB)."""
    random = np.random.default_rng(0)
    nodes = plan([part(Layer, entry, {}) for entry in layers], (20,))
    network = Network(nodes, part(Cost, cost, {}), Seeds(1))
    network.initialize()
    updates = Updates(network, part(Optimizer, {"momentum": 1e-4}, {}), None)
    batches = []
    for samples in (1000, 750):
        x = random.normal(size=(20, samples)).astype(np.float32)
        batches.append((x, np.eye(10, dtype=np.float32)[random.integers(10, size=samples)].T.copy()))

    def step(count: int) -> None:
        x, t = batches[count % 10 == 9]
        network.forward(x, training=True)
        network.cost_value(t)
        network.backward(t)
        updates.apply()

    with one_blas_thread():
        for count in range(20):
            step(count)
        tracemalloc.start()
        try:
            # The interpreter keeps things of its own now and then; what steps allocate shows every time.
            grown, peaks = zip(*(_memory_of(step) for _ in range(3)), strict=True)
        finally:
            tracemalloc.stop()
    assert min(grown) < 4_000
    assert min(peaks) < 40_000


def _memory_of(step: Callable[[int], None]) -> tuple[int, int]:
    """By how much a hundred steps raise memory, for good and for a moment."""
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for count in range(100):
        step(count)
    after, peak = tracemalloc.get_traced_memory()
    return after - before, peak - before


def test_a_thousand_steps_of_training_leave_memory_as_it_was() -> None:
    training = trainer(MLP, train=digits(1005))
    epochs(training, 1)
    tracemalloc.start()
    try:
        steps = training.epochs(12, Silent())
        next(steps)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            next(steps)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 64 * 1024


def test_the_observer_hears_of_epochs_and_steps() -> None:
    observer = Silent()
    list(trainer(MLP, train=digits(1005)).epochs(1, observer))
    assert observer.heard == [("epoch", 101), ("steps", 50), ("steps", 100), ("steps", 101)]


def test_without_shuffling_the_order_is_the_datas() -> None:
    ordered = [trainer(MLP, seed=seed, shuffle=False, train=digits(50)) for seed in (1, 2)]
    for training in ordered:
        training.network.weights[...] = 0.01
        epochs(training, 2)
    np.testing.assert_array_equal(ordered[0].network.weights, ordered[1].network.weights)


def test_a_learning_rate_of_a_million_is_said_to_be_too_high() -> None:
    layers = [{"dense": 12}, "relu", {"dense": 4}]
    training = trainer(layers, "quadratic", {"sgd": 1e6})
    with pytest.raises(DivergenceError, match=r"learning rate \(1e\+06\) is too high") as caught:
        epochs(training, 5)
    error = caught.value
    assert error.layer in {"layers.0", "layers.1", "layers.2"}
    assert f"epoch 1, step {error.step}: the output of {error.layer} (" in str(error)
    assert error.step > 1


def test_divergence_names_the_first_layer_that_is_not_finite() -> None:
    training = trainer([{"dense": 12}, "relu", {"dense": 4}], "quadratic")
    training.network.parameters(2).W[0, 0] = np.inf
    with pytest.raises(
        DivergenceError, match=r"the output of layers\.2 \(dense\) is no longer a finite number"
    ) as caught:
        epochs(training, 1)
    assert (caught.value.epoch, caught.value.step, caught.value.layer) == (1, 1, "layers.2")


def test_divergence_within_a_layer_names_the_layer_within() -> None:
    body = [{"dense": {"units": 3, "activation": "relu"}}, {"dense": 4}]
    within = {"residual": {"layers": body, "shortcut": [{"dense": 4}]}}
    training = trainer([within], "quadratic")
    training.network.parameters(0).inner("1").W[0, 0] = np.inf
    with pytest.raises(DivergenceError, match=r"the output of layers\.0\.1 \(dense\)") as caught:
        epochs(training, 1)
    assert caught.value.layer == "layers.0.1"


def test_divergence_in_the_very_last_step_is_found_too() -> None:
    """The cost of that step is still finite; the weights it leaves are not."""
    training = trainer([{"dense": 4}], "quadratic", {"sgd": 1e38}, batch=205)
    with pytest.raises(DivergenceError):
        epochs(training, 1)


def test_divergence_that_only_held_out_data_shows_is_found_too() -> None:
    training = trainer([{"dense": 12}, "relu", {"dense": 4}], "quadratic", {"sgd": 1e16}, batch=205)
    with pytest.raises(DivergenceError):
        epochs(training, 1)
