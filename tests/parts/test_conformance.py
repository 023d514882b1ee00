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

VARIANTS: dict[tuple[str, str], list[Any]] = {
    ("layers", "dense"): [3, {"units": 2, "bias": False}, {"units": 1, "activation": "relu"}],
    ("layers", "dropout"): [{}, 0.0, 0.9, {"spatial": True}],
    ("layers", "attention"): [1, {"heads": 2, "causal": True}, {"heads": 2, "bias": False}],
    ("layers", "embedding"): [{"vocabulary": 3, "units": 2}],
    ("layers", "gru"): [
        3,
        {"units": 2, "reset": "before"},
        {"units": 2, "sequences": True, "bidirectional": True, "bias": False},
        {"units": 2, "sequences": True, "bidirectional": True, "reset": "before", "truncate": 9},
    ],
    ("layers", "lstm"): [3, {"units": 2, "sequences": True, "bidirectional": True}, {"units": 2, "bias": False}],
    ("layers", "rnn"): [
        3,
        {"units": 2, "sequences": True, "bidirectional": True, "truncate": 9},
    ],
    ("layers", "avg_pool2d"): [{}, {"size": [3, 2], "stride": 2, "padding": "same"}, {"size": 2, "padding": 1}],
    ("layers", "batch_norm"): [{}, {"momentum": 0.0, "epsilon": 0.1, "affine": False}],
    ("layers", "conv1d"): [
        3,
        {"filters": 4, "kernel": 2, "stride": 2, "padding": "same", "dilation": 2, "groups": 2},
    ],
    ("layers", "conv2d"): [
        3,
        {"filters": 2, "kernel": [3, 2], "stride": [1, 2], "padding": "same", "dilation": [1, 2], "bias": False},
        {"filters": 4, "kernel": 2, "stride": 3, "padding": 2, "groups": 2},
    ],
    ("layers", "conv2d_transpose"): [
        3,
        {"filters": 4, "kernel": [3, 2], "stride": [1, 2], "padding": "same", "dilation": [2, 1], "groups": 2},
        {"filters": 1, "kernel": 4, "stride": 3, "padding": 1, "bias": False},
    ],
    ("layers", "group_norm"): [2, {"groups": 1, "epsilon": 0.1, "affine": False}],
    ("layers", "layer_norm"): [{}, {"epsilon": 0.1, "affine": False}],
    ("layers", "max_pool2d"): [{}, {"size": [3, 2], "stride": 2, "padding": "same"}, {"size": 3, "stride": 1}],
    ("layers", "parallel"): [
        [[], ["tanh"]],
        {"branches": [["tanh"], [], ["sigmoid"]], "join": "add"},
        {"branches": [["tanh"], []], "join": "multiply"},
    ],
    ("layers", "permute"): [[1, 2, 0]],
    ("layers", "repeat"): [{"times": 2, "layers": [{"residual": ["tanh"]}]}],
    ("layers", "reshape"): [[2, -1]],
    ("layers", "residual"): [["tanh", "dropout"], {"layers": ["sigmoid"], "shortcut": [{"prelu": "one"}]}],
    ("layers", "upsample2d"): [{}, [1, 3]],
    ("layers", "zero_pad2d"): [{}, 0, [2, 0], [0, 1, 2, 3]],
    ("layers", "prelu"): [{}, "one", "each"],
    ("activations", "elu"): [{}, 0.4],
    ("activations", "gelu"): [{}, "tanh"],
    ("activations", "hard_sigmoid"): [{}, 0.5, {"slope": 0.2, "middle": 0.3}],
    ("activations", "leaky_relu"): [{}, 0.3],
    ("costs", "cross_entropy"): [{}, {"smoothing": 0.1}],
    ("costs", "hinge"): [{}, 0.3, {"squared": True}],
    ("costs", "huber"): [{}, {"distance": 0.4, "over_outputs": "mean"}],
    ("costs", "mean_absolute"): [{}, "sum"],
    ("costs", "quadratic"): [{}, {"factor": 1.0, "over_outputs": "mean"}],
    ("optimizers", "adadelta"): [{}, {"rho": 0.5, "epsilon": 1e-4}],
    ("optimizers", "adagrad"): [0.1],
    ("optimizers", "adam"): [0.1, {"learning_rate": 0.1, "beta1": 0.0, "beta2": 0.5}],
    ("optimizers", "adamw"): [0.1, {"learning_rate": 0.1, "decay": 0.5}],
    ("optimizers", "lbfgs"): [{}, {"history": 2}],
    ("optimizers", "lion"): [0.1, {"learning_rate": 0.1, "decay": 0.5}],
    ("optimizers", "nadam"): [0.1],
    ("optimizers", "nesterov"): [0.1],
    ("optimizers", "radam"): [0.1, {"learning_rate": 0.1, "beta2": 0.5}],
    ("optimizers", "rmsprop"): [0.1],
    ("optimizers", "sgd"): [0.1],
    ("optimizers", "momentum"): [0.1, {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True}],
    ("initializers", "constant"): [0.3],
    ("initializers", "glorot"): [{}, "normal"],
    ("initializers", "he"): [{}, "normal"],
    ("initializers", "lecun"): [{}, "normal"],
    ("schedules", "cosine"): [{}, {"final": 0.1, "restarts": 3, "growth": 2.0}],
    ("schedules", "exponential"): [0.9],
    ("schedules", "inverse_sqrt"): [{}, 100],
    ("schedules", "on_plateau"): [{}, {"patience": 1, "drop": 0.5, "cooldown": 2, "lowest": 0.1}],
    ("schedules", "step"): [3],
    ("schedules", "warmup"): [10, {"steps": 0.2, "then": "cosine"}, {"steps": 9, "then": {"on_plateau": 1}}],
    ("initializers", "tied"): ["layers.0.W", {"to": "layers.0.W", "transposed": True}],
    ("regularizers", "l1"): [0.3, 0.0],
    ("regularizers", "l2"): [0.3, 0.0],
    ("metrics", "calibration"): [{}, 1, 4, {"outputs": "labels"}],
    ("metrics", "accuracy"): [{}, {"outputs": "labels"}],
    ("metrics", "auc"): [{}, {"outputs": "labels"}],
    ("metrics", "f1"): [{}, "micro", "by_class", {"average": "macro", "outputs": "labels"}],
    ("metrics", "precision"): [{}, "micro"],
    ("metrics", "recall"): [{}, "micro"],
    ("metrics", "top_k"): [{}, 1, 2],
    ("transforms", "affine"): [{}, {"rotate": 20, "scale": 0.2, "shear": 10, "shift": 1.5}],
    ("transforms", "crop"): [2, [3, 1]],
    ("transforms", "mixup"): [{}, 1.0],
    ("transforms", "cutout"): [2, {"size": 9, "probability": 0.5}],
    ("transforms", "elastic"): [{}, {"alpha": 0.0}, {"alpha": 9.0, "sigma": 0.5}],
    ("transforms", "flip"): [{}, "vertical", {"axis": "both", "probability": 0.3}],
    ("transforms", "noise"): [{}, 0.0],
    ("transforms", "pad"): [0, {"by": [1, 2], "value": 7}],
    ("transforms", "rotate"): [{}, {"among": [0, 90, 180]}],
    ("transforms", "shift"): [{}, 0, [0, 3]],
    ("transforms", "normalize"): [{}, "standard", "range"],
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
