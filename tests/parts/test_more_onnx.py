"""Activations and optimizers against the node tests of ONNX, wherever an operator has a counterpart here."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.registry import default_resolver
from nnspec.types import Array

onnx = pytest.importorskip("onnx")
part = default_resolver().part

UNCORRECTED = 10**9
"""A step so late that running means are no longer corrected for their start, as in ONNX's first."""


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    """The node tests by name."""
    from onnx.backend.test.case import node

    with np.errstate(all="ignore"):
        return {case.name: case for case in node.collect_testcases() if case.model is not None}


def arrays(case: Any) -> Iterator[tuple[list[Array], list[Array]]]:
    for inputs, outputs in case.data_sets:
        yield [np.asarray(x) for x in inputs], [np.asarray(y) for y in outputs]


def attributes(case: Any) -> dict[str, Any]:
    (node,) = case.model.graph.node
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}


ELEMENTWISE: dict[str, object] = {
    "test_elu": {"elu": 2.0},
    "test_elu_default": "elu",
    "test_elu_example": {"elu": 2.0},
    "test_exp": "exponential",
    "test_exp_example": "exponential",
    "test_gelu_default_1": "gelu",
    "test_gelu_default_2": "gelu",
    "test_gelu_tanh_1": {"gelu": "tanh"},
    "test_gelu_tanh_2": {"gelu": "tanh"},
    "test_hardsigmoid": {"hard_sigmoid": {"slope": 0.5, "middle": 0.6}},
    "test_hardsigmoid_default": {"hard_sigmoid": 0.2},
    "test_hardsigmoid_example": {"hard_sigmoid": {"slope": 0.5, "middle": 0.6}},
    "test_hardswish": "hard_swish",
    "test_mish": "mish",
    "test_selu_default": "selu",
    "test_softplus": "softplus",
    "test_softplus_example": "softplus",
    "test_softsign": "softsign",
    "test_softsign_example": "softsign",
    "test_swish": "silu",
}
"""Cases by name with the part that must yield the same.

Not among them: test_selu and test_selu_example, whose scales are not those of the self-normalizing network.
"""


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_activation_yields_what_onnx_does(cases: dict[str, Any], name: str) -> None:
    activation = part(Layer, ELEMENTWISE[name], {})
    for (x,), (y,) in arrays(cases[name]):
        ctx = LayerContext(np.random.default_rng(0), x.dtype)
        np.testing.assert_allclose(activation.forward(x, Views(), ctx), y, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "axis"),
    [
        ("test_logsoftmax_axis_0", 0),
        ("test_logsoftmax_axis_1", 1),
        ("test_logsoftmax_axis_2", 2),
        ("test_logsoftmax_default_axis", 2),
        ("test_logsoftmax_example_1", 1),
        ("test_logsoftmax_large_number", 1),
        ("test_logsoftmax_negative_axis", 2),
    ],
)
def test_log_softmax_yields_what_onnx_does(cases: dict[str, Any], name: str, axis: int) -> None:
    for (x,), (y,) in arrays(cases[name]):
        ctx = LayerContext(np.random.default_rng(0), x.dtype)
        found = part(Layer, "log_softmax", {}).forward(np.moveaxis(x, axis, 0), Views(), ctx)
        np.testing.assert_allclose(np.moveaxis(found, 0, axis), y, rtol=1e-5, atol=1e-6)


def test_prelu_yields_what_onnx_does(cases: dict[str, Any]) -> None:
    """A slope for each number; the case that repeats slopes along another axis than the first has none here."""
    layer = part(Layer, {"prelu": "each"}, {})
    for (x, slopes), (y,) in arrays(cases["test_prelu_example"]):
        # One sample, as the last axis.
        ctx = LayerContext(np.random.default_rng(0), x.dtype)
        found = layer.forward(x[..., np.newaxis], Views(a=slopes.reshape(-1, 1)), ctx)
        np.testing.assert_array_equal(found[..., 0], y)


def stepped(
    optimizer: Optimizer, arrays: dict[str, Array], rate: float, step: int, decay: float
) -> dict[str, Array]:
    """The arrays after a step; ONNX adds the penalty's gradient within the operator."""
    kept = {name: array.astype(np.float64) for name, array in arrays.items()}
    weights, gradient = kept.pop("weights"), kept.pop("gradient")
    gradient += decay * weights
    optimizer.update(Piece(weights, gradient, kept, np.empty_like(weights)), rate, step)
    return {"weights": weights, **kept}


OPTIMIZERS = [
    ("test_adagrad", ("square",)),
    ("test_adagrad_multiple", ("square",)),
    ("test_adam", ("mean", "square")),
    ("test_adam_multiple", ("mean", "square")),
    ("test_momentum", ("velocity",)),
    ("test_momentum_multiple", ("velocity",)),
    ("test_nesterov_momentum", ("velocity",)),
]


def counterpart(given: dict[str, Any], kind: str, seen: int) -> tuple[object, int]:
    """The part with a case's options, and the step it takes after so many updates."""
    if kind == "Adagrad":
        return {"adagrad": {"learning_rate": 1.0, "epsilon": given["epsilon"]}}, seen + 1
    if kind == "Adam":
        options = {"beta1": given["alpha"], "beta2": given["beta"]}
        # ONNX corrects the rate in place of the means: its epsilon counts less by the mean square's correction.
        epsilon = given["epsilon"] / (np.sqrt(1 - given["beta"] ** seen) if seen else 1)
        return {"adam": {"learning_rate": 1.0, "epsilon": float(epsilon), **options}}, seen or UNCORRECTED
    word = "nesterov" if given["mode"] == b"nesterov" else "momentum"
    return {word: {"learning_rate": 1.0, "momentum": given["alpha"]}}, seen + 1


@pytest.mark.parametrize(("name", "slots"), OPTIMIZERS)
def test_an_optimizer_takes_onnxs_step(cases: dict[str, Any], name: str, slots: tuple[str, ...]) -> None:
    case = cases[name]
    given, kind = attributes(case), case.model.graph.node[0].op_type
    for (rate, seen, *inputs), outputs in arrays(case):
        entry, step = counterpart(given, kind, int(seen))
        assert kind != "Momentum" or seen == 0 or given["beta"] == 1
        # Weights of all tensors, then gradients of all, then each slot.
        names = ("weights", "gradient", *slots)
        tensors = len(inputs) // len(names)
        slowed = float(rate) / (1 + int(seen) * given.get("decay_factor", 0.0))
        for tensor in range(tensors):
            start = {word: inputs[place * tensors + tensor] for place, word in enumerate(names)}
            found = stepped(part(Optimizer, entry, {}), start, slowed, step, given["norm_coefficient"])
            for place, word in enumerate(("weights", *slots)):
                np.testing.assert_allclose(found[word], outputs[place * tensors + tensor], rtol=1e-5, atol=1e-6)
