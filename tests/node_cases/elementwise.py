"""Activations, and dropout: what keeps the shape."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx

from nnspec.contracts.layer import Layer
from nnspec.registry import default_resolver
from nnspec.testing import output_of
from nnspec.types import Array

from .cases import Attributes, HasNoCounterpartError, Runner, attributes_of

part = default_resolver().part
SELU = (1.6732632423543772, 1.0507009873554805)
"""The two numbers of the self-normalizing network."""


def selu(attributes: Attributes) -> object:
    """Only its own two numbers make a network normalize itself."""
    given = attributes.get("alpha", SELU[0]), attributes.get("gamma", SELU[1])
    if not np.allclose(given, SELU, rtol=1e-6):
        raise HasNoCounterpartError("selu has the two numbers of the self-normalizing network alone")
    return "selu"


def gelu(attributes: Attributes) -> object:
    """Exact, or by way of tanh."""
    return {"gelu": "tanh"} if attributes.get("approximate") == b"tanh" else "gelu"


def hard_sigmoid(attributes: Attributes) -> object:
    """A ramp by its slope and the value in its middle."""
    return {"hard_sigmoid": {"slope": attributes.get("alpha", 0.2), "middle": attributes.get("beta", 0.5)}}


def swish(attributes: Attributes) -> object:
    """With a factor of 1 alone."""
    if attributes.get("alpha", 1.0) != 1:
        raise HasNoCounterpartError("silu has no factor within the sigmoid")
    return "silu"


ENTRIES: dict[str, Callable[[Attributes], Any]] = {
    "Elu": lambda attributes: {"elu": attributes.get("alpha", 1.0)},
    "Exp": lambda _: "exponential",
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": lambda _: "hard_swish",
    "LeakyRelu": lambda attributes: {"leaky_relu": attributes.get("alpha", 0.01)},
    "Mish": lambda _: "mish",
    "Relu": lambda _: "relu",
    "Selu": selu,
    "Sigmoid": lambda _: "sigmoid",
    "Softplus": lambda _: "softplus",
    "Softsign": lambda _: "softsign",
    "Swish": swish,
    "Tanh": lambda _: "tanh",
}


def elementwise(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """An activation on the array as it is: each number by itself."""
    (x,) = given
    layer = part(Layer, ENTRIES[node.op_type](attributes_of(node)), {})
    np.testing.assert_allclose(output_of(layer, x), expected[0], rtol=2e-6, atol=1e-7)


def identity(_: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """Arrays alone; texts, sequences and missing values are no inputs of a network."""
    x = given[0]
    if not isinstance(x, np.ndarray):
        raise HasNoCounterpartError("no layer takes lists of tensors, or nothing")
    np.testing.assert_array_equal(output_of(part(Layer, "identity", {}), x), expected[0])


def over_classes(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """Softmax and its logarithm, with the classes on the first axis."""
    (x,) = given
    axis = attributes_of(node).get("axis", -1)
    layer = part(Layer, "softmax" if node.op_type == "Softmax" else "log_softmax", {})
    y = output_of(layer, np.moveaxis(x, axis, 0))
    np.testing.assert_allclose(np.moveaxis(y, 0, axis), expected[0], rtol=1e-5, atol=1e-6)


def prelu(_: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """A slope for each number."""
    x, slopes = given
    if slopes.shape != x.shape:
        raise HasNoCounterpartError("prelu has a slope for each number, each channel or all of them")
    # One sample, as the last axis.
    y = output_of(part(Layer, {"prelu": "each"}, {}), x[..., np.newaxis], a=slopes.reshape(-1, 1))
    np.testing.assert_array_equal(y[..., 0], expected[0])


def dropout(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """Outside training, and in training where nothing is dropped; else the generator decides."""
    x, *rest = given
    training = len(rest) > 1 and bool(rest[1])
    rate = float(rest[0]) if rest else attributes_of(node).get("ratio", 0.5)
    if len(node.output) > 1:
        raise HasNoCounterpartError("a second output: what was dropped")
    if training and rate > 0:
        raise HasNoCounterpartError("in training, what is dropped depends on the generator")
    layer = part(Layer, {"dropout": float(rate)}, {})
    np.testing.assert_array_equal(output_of(layer, x, training=training), expected[0])


RUNNERS: dict[str, Runner] = {
    **dict.fromkeys(ENTRIES, elementwise),
    "Dropout": dropout,
    "Identity": identity,
    "LogSoftmax": over_classes,
    "PRelu": prelu,
    "Softmax": over_classes,
}
