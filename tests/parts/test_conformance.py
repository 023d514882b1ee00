"""Every built-in part, found through the registry so that none is forgotten, goes through the conformance kit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variants import VARIANTS

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.initializer import Initializer
from nnspec.contracts.layer import Layer
from nnspec.contracts.metric import Metric
from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.contracts.part import Part
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.schedule import Schedule
from nnspec.contracts.transform import Transform
from nnspec.errors import ShapeError
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
    check_schedule,
    check_transform,
)
from nnspec.types import Shape

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


CHANNELS, SIDE = st.sampled_from([2, 4]), st.integers(3, 6)
VECTORS, SEQUENCES = st.tuples(st.integers(2, 5)), st.tuples(SIDE, CHANNELS)
SHORT_SEQUENCES = st.tuples(st.integers(1, 4), CHANNELS)
IMAGES = st.tuples(CHANNELS, SIDE, SIDE)
ANY = st.lists(st.integers(2, 5), min_size=1, max_size=3).map(tuple)
SHAPES: dict[str, st.SearchStrategy[Any]] = {
    "Attention": SHORT_SEQUENCES,
    "AvgPool2d": IMAGES,
    "Conv1d": SEQUENCES,
    "Conv2d": IMAGES,
    "Conv2dTranspose": IMAGES,
    "Dense": VECTORS,
    "Embedding": VECTORS,
    "GlobalAvgPool": IMAGES | SEQUENCES,
    # With two numbers in a mean, the exact gradient is a small difference of large ones.
    "GroupNorm": IMAGES | st.tuples(SIDE, st.just(4)),
    "Gru": SHORT_SEQUENCES,
    "LayerNorm": IMAGES | st.tuples(SIDE, st.just(4)) | st.tuples(SIDE),
    "Lstm": SHORT_SEQUENCES,
    "MaxPool2d": IMAGES,
    "Permute": IMAGES,
    "Positional": SHORT_SEQUENCES,
    "Reshape": IMAGES | st.tuples(CHANNELS, SIDE),
    "Rnn": SHORT_SEQUENCES,
    "Upsample2d": IMAGES,
    "ZeroPad2d": IMAGES,
}
"""Shapes that a layer takes, by the name of its class; by default any."""


def shapes_for(layer: Layer) -> st.SearchStrategy[Shape]:
    if getattr(layer, "spatial", False):
        return IMAGES | SEQUENCES
    return SHAPES.get(type(layer).__name__, ANY)


@pytest.mark.parametrize("layer", variants("layers"))
@random_shapes
@given(data=st.data())
def test_every_layer_keeps_the_contract(layer: Layer, data: st.DataObject) -> None:
    shape, batch = data.draw(shapes_for(layer)), data.draw(BATCH)
    check_layer(layer, shape, batch=batch)


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


class Noted(Piece):
    """A piece that knows whether anybody looked at `decays`."""

    looked = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "decays":
            Noted.looked += 1
        return super().__getattribute__(name)


@pytest.mark.parametrize("optimizer", variants("optimizers"))
def test_every_optimizer_heeds_decay_exactly_if_it_looks_at_it(optimizer: Optimizer) -> None:
    """One that only says so is handed two pieces where one would do, which costs a tenth of a step."""
    slots = {name: np.zeros(4) for name in optimizer.slot_names()}
    piece, before = Noted(np.ones(4), np.ones(4), slots, np.empty(4)), Noted.looked
    optimizer.update(piece, 0.1, 1)
    without = getattr(optimizer, "decay", None) == 0
    assert (Noted.looked > before or without) == (optimizer.heeds_decay or without)


@pytest.mark.parametrize("initializer", variants("initializers"))
def test_every_initializer_keeps_the_contract(initializer: Initializer) -> None:
    check_initializer(initializer)


@pytest.mark.parametrize("schedule", variants("schedules"))
def test_every_schedule_keeps_the_contract(schedule: Schedule) -> None:
    check_schedule(schedule)


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


SAMPLE_SHAPES: list[Shape] = [(1,), (3,), (2, 3, 2), (1, 4, 5)]


def takes(transform: Transform, shape: Shape) -> bool:
    try:
        transform.shape(shape)
    except ShapeError:
        return False
    return True


@pytest.mark.parametrize("transform", variants("transforms"))
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_every_transform_keeps_the_contract(transform: Transform, dtype: Any) -> None:
    shapes = [shape for shape in SAMPLE_SHAPES if takes(transform, shape)]
    assert shapes
    for shape in shapes:
        check_transform(transform, shape, x=np.random.default_rng(4).integers(0, 4, (*shape, 20)).astype(dtype))


@pytest.mark.parametrize("transform", variants("transforms"))
def test_every_transform_says_what_to_do_about_a_shape_that_it_refuses(transform: Transform) -> None:
    for shape in SAMPLE_SHAPES:
        if not takes(transform, shape):
            with pytest.raises(ShapeError) as caught:
                transform.shape(shape)
            assert caught.value.hint


def test_dense_refuses_images_and_says_what_to_insert() -> None:
    check_refusal(default_resolver().part(Layer, {"dense": 3}, {}), (1, 28, 28))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape", [(), (1,)])
def test_softmax_refuses_what_has_no_classes(name: str, shape: Shape) -> None:
    check_refusal(default_resolver().part(Activation, name, {}), shape)
