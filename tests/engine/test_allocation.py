"""Memory of a training: after warm-up, a thousand steps leave nothing behind, and no step makes an array."""

import tracemalloc
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Split
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.transform import Transform
from nnspec.engine.batches import Batches
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.threads import one_blas_thread
from nnspec.engine.updates import Updates
from nnspec.registry import default_resolver
from nnspec.types import Array, Shape

part = default_resolver().part
STEPS = 1000
GROWTH = 64 * 1024

STACKS: dict[str, tuple[list[Any], Shape]] = {
    "mlp": ([{"dense": 30}, "sigmoid", {"dense": 3}, "softmax"], (40,)),
    "mlp with dropout": ([{"dense": 30}, "batch_norm", "relu", {"dropout": 0.3}, {"dense": 3}, "softmax"], (40,)),
    "convnet": (
        [
            {"conv2d": {"filters": 4, "kernel": 3}},
            "batch_norm",
            "relu",
            {"max_pool2d": 2},
            "flatten",
            {"dense": 3},
            "softmax",
        ],
        (1, 10, 10),
    ),
    "lstm": ([{"lstm": 6}, "flatten", {"dense": 3}, "softmax"], (7, 5)),
    "attention": ([{"attention": {"heads": 2}}, "layer_norm", "flatten", {"dense": 3}, "softmax"], (6, 8)),
}


class Training:
    """Steps as a trainer takes them, one after another."""

    def __init__(self, layers: list[Any], shape: Shape, batch: int, shards: int = 1) -> None:
        random = np.random.default_rng(0)
        split = Split(
            random.integers(256, size=(20 * batch + batch // 2, *shape)).astype(np.uint8),
            random.integers(3, size=20 * batch + batch // 2),
        )
        pipeline = Pipeline([part(Transform, "scale", {})], shape, Seeds(1))
        pipeline.fit(split.inputs)
        nodes = plan([part(Layer, entry, {}) for entry in layers], shape)
        self.network = Network(nodes, part(Cost, "cross_entropy", {}), Seeds(1), shards=shards)
        self.network.initialize()
        optimizer = part(Optimizer, {"adam": 1e-4}, {})
        self.updates = Updates(self.network, optimizer, part(Regularizer, {"l2": 1e-4}, {}))
        batches = Batches(split, pipeline, (3,), batch, training=True)
        shuffling = np.random.default_rng(0)

        def epochs() -> Iterator[Iterator[tuple[Array, Array]]]:
            while True:
                yield batches.shuffled(shuffling)

        self.batches = chain.from_iterable(epochs())

    def steps(self, count: int) -> None:
        """Takes so many steps."""
        with one_blas_thread():
            for x, t in islice(self.batches, count):
                self.network.step(x, t)
                self.updates.apply(x.shape[-1])


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("batch", "shards"), [(8, 1), (1, 1), (8, 2)])
def test_a_thousand_steps_leave_nothing_behind(stack: str, batch: int, shards: int) -> None:
    training = Training(*STACKS[stack], batch, shards)
    training.steps(100)
    tracemalloc.start()
    try:
        training.steps(50)
        before = tracemalloc.take_snapshot()
        training.steps(STEPS)
        after = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    ours = [tracemalloc.Filter(inclusive=True, filename_pattern="*/nnspec/*")]
    growth = after.filter_traces(ours).compare_to(before.filter_traces(ours), "lineno")
    assert sum(line.size_diff for line in growth) < GROWTH, "\n".join(map(str, growth[:5]))
    # Arrays have a domain of their own, in which nothing may be left but an epoch's order.
    arrays = [tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)]
    left = after.filter_traces(arrays).compare_to(before.filter_traces(arrays), "lineno")
    assert [str(line) for line in left if line.size_diff > 0 and "order.py" not in str(line.traceback)] == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_step_makes_an_array_even_for_a_moment(stack: str) -> None:
    """A batch so large that one number a sample takes more than what NumPy needs to turn and convert numbers."""
    layers, shape = STACKS[stack]
    training, samples = Training(layers, shape, 8), 20_000
    random = np.random.default_rng(0)
    x = random.normal(size=(samples, *shape)).astype(np.float32).transpose(*range(1, len(shape) + 1), 0)
    t = np.eye(3, dtype=np.float32)[random.integers(3, size=samples)].T
    with one_blas_thread():
        training.network.step(x, t)
        tracemalloc.start()
        try:
            training.network.step(x, t)
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            training.network.step(x, t)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak - before < samples * 4
