"""Every built-in part, found through the registry so that none is forgotten, goes through the conformance kit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.initializer import Initializer
from nnspec.contracts.layer import Layer
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.part import Part
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.transform import Transform
from nnspec.registry import default_resolver
from nnspec.registry.kinds import KINDS
from nnspec.testing import (
    check_activation,
    check_cost,
    check_initializer,
    check_layer,
    check_metric,
    check_optimizer,
    check_refusal,
    check_regularizer,
    check_transform,
)
from nnspec.types import Shape

VARIANTS: dict[tuple[str, str], list[Any]] = {
    ("layers", "dense"): [3, {"units": 2, "bias": False}, {"units": 1, "activation": "relu"}],
    ("layers", "dropout"): [{}, 0.0, 0.9],
    ("activations", "leaky_relu"): [{}, 0.3],
    ("costs", "quadratic"): [{}, {"factor": 1.0, "over_outputs": "mean"}],
    ("optimizers", "sgd"): [0.1],
    ("optimizers", "momentum"): [0.1, {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True}],
    ("initializers", "constant"): [0.3],
    ("initializers", "glorot"): [{}, "normal"],
    ("initializers", "he"): [{}, "normal"],
    ("initializers", "lecun"): [{}, "normal"],
    ("regularizers", "l1"): [0.3, 0.0],
    ("regularizers", "l2"): [0.3, 0.0],
    ("metrics", "top_k"): [{}, 1, 2],
    ("transforms", "scale"): [{}, 500],
    ("transforms", "standardize"): [{}, "all"],
    ("transforms", "one_hot"): [4],
}
"""Options to try a part with; by default none."""

BATCH = st.integers(1, 6)
random_shapes = settings(max_examples=8, deadline=None, derandomize=True)


def variants(kind: str) -> list[Any]:
    """The installed parts of a kind that nnspec itself brings, each with its options."""
    resolver = default_resolver()
    names = [entry.name for entry in resolver.catalogue.entries(kind) if entry.distribution == "nnspec"]
    assert names
    contract: type[Part] = KINDS[kind]
    found = []
    for name in names:
        for options in VARIANTS.get((kind, name), [{}]):
            part = resolver.part(contract, {name: options}, {})
            found.append(pytest.param(part, id=f"{name}-{options}"))
    return found


def shapes_for(layer: Layer) -> st.SearchStrategy[Shape]:
    """Shapes that the layer takes: one axis at least, and two classes at least for softmax."""
    axes = 1 if type(layer).__name__ == "Dense" else 3
    return st.lists(st.integers(2, 5), min_size=1, max_size=axes).map(tuple)


@pytest.mark.parametrize("layer", variants("layers"))
@random_shapes
@given(data=st.data())
def test_every_layer_keeps_the_contract(layer: Layer, data: st.DataObject) -> None:
    check_layer(layer, data.draw(shapes_for(layer)), batch=data.draw(BATCH))


@pytest.mark.parametrize("activation", variants("activations"))
@random_shapes
@given(data=st.data())
def test_every_activation_keeps_the_contract(activation: Activation, data: st.DataObject) -> None:
    check_activation(activation, data.draw(shapes_for(activation)), batch=data.draw(BATCH))


@pytest.mark.parametrize("cost", variants("costs"))
@random_shapes
@given(shape=st.lists(st.integers(2, 4), min_size=1, max_size=3).map(tuple), batch=BATCH)
def test_every_cost_keeps_the_contract(cost: Cost, shape: Shape, batch: int) -> None:
    check_cost(cost, shape, batch=batch)


@pytest.mark.parametrize("optimizer", variants("optimizers"))
def test_every_optimizer_keeps_the_contract(optimizer: Optimizer) -> None:
    check_optimizer(optimizer)


@pytest.mark.parametrize("initializer", variants("initializers"))
def test_every_initializer_keeps_the_contract(initializer: Initializer) -> None:
    check_initializer(initializer)


@pytest.mark.parametrize("regularizer", variants("regularizers"))
@pytest.mark.parametrize("count", [1, 8, 61])
def test_every_regularizer_keeps_the_contract(regularizer: Regularizer, count: int) -> None:
    check_regularizer(regularizer, count)


@pytest.mark.parametrize("metric", variants("metrics"))
def test_every_metric_keeps_the_contract(metric: Metric) -> None:
    check_metric(metric)


@pytest.mark.parametrize("metric", variants("metrics"))
def test_every_metric_takes_a_single_output(metric: Metric) -> None:
    random = np.random.default_rng(2)
    check_metric(metric, random.uniform(size=(1, 24)), random.integers(2, size=(1, 24)).astype(float))


@pytest.mark.parametrize("transform", variants("transforms"))
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3, 2)])
def test_every_transform_keeps_the_contract(transform: Transform, dtype: Any, shape: Shape) -> None:
    if type(transform).__name__ == "OneHot" and len(shape) > 1:
        pytest.skip("takes rows of codes only")
    x = np.random.default_rng(4).integers(0, 4, size=(*shape, 20)).astype(dtype)
    check_transform(transform, shape, x=x)


def test_dense_refuses_images_and_says_what_to_insert() -> None:
    check_refusal(default_resolver().part(Layer, {"dense": 3}, {}), (1, 28, 28))


@pytest.mark.parametrize("shape", [(), (1,)])
def test_softmax_refuses_what_has_no_classes(shape: Shape) -> None:
    check_refusal(default_resolver().part(Activation, "softmax", {}), shape)
