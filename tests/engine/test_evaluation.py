"""Evaluation: cost and metrics of a split are those of all its samples, however they are cut into batches."""

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.loader import Split
from nnspec.contracts.metric import Metric
from nnspec.engine.batches import Batches
from nnspec.engine.evaluation import evaluate
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver

part = default_resolver().part


@pytest.mark.parametrize("batch", [1, 7, 20, 33, 100])
def test_a_split_is_judged_as_a_whole(batch: int) -> None:
    layers = [part(Layer, entry, {}) for entry in ({"dropout": 0.5}, {"dense": 4}, "softmax")]
    network = Network(plan(layers, (5,)), part(Cost, "cross_entropy", {}), Seeds(1), np.float64)
    network.initialize()
    random = np.random.default_rng(0)
    inputs, classes = random.normal(size=(33, 5)), random.integers(4, size=33)
    metrics = {name: part(Metric, name, {}) for name in ("accuracy", "confusion")}
    batches = Batches(Split(inputs, classes), Pipeline([], (5,), Seeds(1), np.float64), (4,), batch)
    found = evaluate(network, batches, metrics)

    # Dropout does nothing here: this is no training.
    p = network.parameters(1)
    z = p.W @ inputs.T + p.b
    y = np.exp(z) / np.exp(z).sum(axis=0)
    assert found.cost == pytest.approx(-np.log(y[classes, np.arange(33)]).mean(), rel=1e-12)
    assert found.values["cost"] == found.cost
    right = int((y.argmax(axis=0) == classes).sum())
    assert found.values["accuracy"] == right / 33
    assert found.texts == {"accuracy": f"{right} of 33"}
    assert np.trace(np.array(found.values["confusion"])) == right
    assert found.samples == 33
