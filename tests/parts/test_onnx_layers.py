"""Layers against the ONNX project's own node cases, and against its reference implementation.

ONNX puts the batch first; its arrays are turned so that the batch comes last, and back.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import numpy as np
import onnx
import pytest
from onnx.backend.test.case.node import collect_testcases
from onnx.helper import get_attribute_value, make_node
from onnx.reference import ReferenceEvaluator

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.engine.plan import plan
from nnspec.registry import default_resolver
from nnspec.testing.material import generator
from nnspec.types import Array

part = default_resolver().part
Attributes = Mapping[str, Any]


class HasNoCounterpartError(Exception):
    """A case that asks for something no layer here does."""


@dataclass
class Stack:
    """A node in our words.

    Attributes:
        layers: Entries of a stack; the last one has the parameters and the state.
        x: The input, with the batch last.
        parameters: As the last layer has them.
        state: As the last layer has it.
        training: Whether the node is in training mode.
    """

    layers: list[Any]
    x: Array
    parameters: dict[str, Array] = field(default_factory=dict)
    state: dict[str, Array] = field(default_factory=dict)
    training: bool = False

    def output(self) -> Array:
        """What the stack makes of the input."""
        x = self.x
        nodes = plan([part(Layer, entry, {}) for entry in self.layers], x.shape[:-1])
        for place, node in enumerate(nodes):
            last = place == len(nodes) - 1
            ctx = LayerContext(generator(), x.dtype, training=self.training, state=Views(**self.state))
            for name, parameter in node.declaration.parameters.items() if last else ():
                assert self.parameters[name].shape == parameter.shape
            x = node.layer.forward(x, Views(**(self.parameters if last else {})), ctx)
            assert x.shape[:-1] == node.output
        return x


def last(x: Array) -> Array:
    # Some cases have whole numbers, which are no inputs of a network.
    return np.ascontiguousarray(np.moveaxis(x, 0, -1), np.float32 if x.dtype.kind in "iu" else x.dtype)


def column(x: Array) -> Array:
    return x.reshape(-1, 1)


def two_axes(x: Array) -> None:
    if x.ndim != 4:
        raise HasNoCounterpartError("no layer for images of one or three axes")


def sides(attributes: Attributes, shape: Sequence[int], kernel: Sequence[int]) -> tuple[int, int, int, int]:
    """Padding at top, bottom, left and right."""
    mode = attributes.get("auto_pad", b"NOTSET")
    if mode == b"NOTSET":
        top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
        return top, bottom, left, right
    strides = attributes.get("strides", [1, 1])
    ends = []
    for length, size, stride in zip(shape, kernel, strides, strict=True):
        missing = max((-(-length // stride) - 1) * stride + size - length, 0)
        small, large = missing // 2, missing - missing // 2
        ends += [small, large] if mode == b"SAME_UPPER" else [large, small]
    return ends[0], ends[1], ends[2], ends[3]


def conv(attributes: Attributes, x: Array, W: Array, b: Array | None = None) -> Stack:
    two_axes(x)
    options = {
        "filters": len(W),
        "kernel": list(W.shape[2:]),
        "stride": attributes.get("strides", [1, 1]),
        "dilation": attributes.get("dilations", [1, 1]),
        "groups": attributes.get("group", 1),
        "bias": b is not None,
    }
    parameters = {"W": W} if b is None else {"W": W, "b": column(b)}
    around = list(sides(attributes, x.shape[2:], W.shape[2:]))
    if len(set(around)) == 1:
        return Stack([{"conv2d": {**options, "padding": around[0]}}], last(x), parameters)
    return Stack([{"zero_pad2d": around}, {"conv2d": options}], last(x), parameters)


def conv_transpose(attributes: Attributes, x: Array, W: Array, b: Array | None = None) -> Stack:
    two_axes(x)
    if {"output_padding", "output_shape"} & set(attributes):
        raise HasNoCounterpartError("conv2d_transpose has no output padding")
    pads = set(attributes.get("pads", [0]))
    if len(pads) > 1:
        raise HasNoCounterpartError("padding that differs from side to side")
    options = {
        "filters": W.shape[1] * attributes.get("group", 1),
        "kernel": list(W.shape[2:]),
        "stride": attributes.get("strides", [1, 1]),
        "dilation": attributes.get("dilations", [1, 1]),
        "groups": attributes.get("group", 1),
        "padding": "same" if attributes.get("auto_pad") == b"SAME_UPPER" else pads.pop(),
        "bias": b is not None,
    }
    parameters = {"W": W} if b is None else {"W": W, "b": column(b)}
    return Stack([{"conv2d_transpose": options}], last(x), parameters)


def pool(name: str) -> Callable[..., Stack]:
    def stack(attributes: Attributes, x: Array) -> Stack:
        two_axes(x)
        if max(attributes.get("dilations", [1])) > 1:
            raise HasNoCounterpartError("pooling has no dilation")
        if attributes.get("ceil_mode"):
            raise HasNoCounterpartError("pooling drops windows that do not fit")
        around = sides(attributes, x.shape[2:], attributes["kernel_shape"])
        if attributes.get("count_include_pad") and any(around):
            raise HasNoCounterpartError("padding does not count in means")
        if attributes.get("auto_pad") == b"SAME_LOWER":
            raise HasNoCounterpartError("`same` pads at the end first")
        padding = "same" if attributes.get("auto_pad") == b"SAME_UPPER" else around[0]
        assert padding == "same" or len(set(around)) == 1
        options = {
            "size": attributes["kernel_shape"],
            "stride": attributes.get("strides", [1, 1]),
            "padding": padding,
        }
        return Stack([{name: options}], last(x))

    return stack


def global_average(_: Attributes, x: Array) -> Stack:
    return Stack(["global_avg_pool", {"reshape": [x.shape[1], 1, 1]}], last(x))


def batch_norm(attributes: Attributes, x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Stack:
    options = {"epsilon": attributes.get("epsilon", 1e-5), "momentum": attributes.get("momentum", 0.9)}
    parameters = {"gamma": column(gamma), "beta": column(beta)}
    state = {"mean": column(mean).copy(), "variance": column(variance).copy()}
    return Stack([{"batch_norm": options}], last(x), parameters, state, bool(attributes.get("training_mode")))


def layer_norm(attributes: Attributes, x: Array, gamma: Array, beta: Array) -> Stack:
    axis = attributes.get("axis", -1) % x.ndim
    if axis != (2 if x.ndim == 3 else 1):
        raise HasNoCounterpartError("layer_norm runs over a sample, or over a step of a sequence")
    parameters = {"gamma": gamma[..., np.newaxis], "beta": beta[..., np.newaxis]}
    return Stack([{"layer_norm": {"epsilon": attributes.get("epsilon", 1e-5)}}], last(x), parameters)


def group_norm(attributes: Attributes, x: Array, gamma: Array, beta: Array) -> Stack:
    # Instance normalization is one group a channel.
    options = {"groups": attributes.get("num_groups", x.shape[1]), "epsilon": attributes.get("epsilon", 1e-5)}
    return Stack([{"group_norm": options}], last(x), {"gamma": column(gamma), "beta": column(beta)})


def pad(attributes: Attributes, x: Array, pads: Array, value: Any = 0, axes: Array | None = None) -> Stack:
    if attributes.get("mode", b"constant") != b"constant" or value != 0:
        raise HasNoCounterpartError("zero_pad2d pads with zeros")
    assert axes is None
    _, _, top, left, _, _, bottom, right = pads.tolist()
    return Stack([{"zero_pad2d": [top, bottom, left, right]}], last(x))


def upsample(attributes: Attributes, x: Array, *rest: Array | None) -> Stack:
    scales = rest[1 if len(rest) > 1 else 0]
    usual = not {"coordinate_transformation_mode", "nearest_mode", "keep_aspect_ratio_policy"} & set(attributes)
    if attributes["mode"] != b"nearest" or scales is None or not usual:
        raise HasNoCounterpartError("upsample2d repeats cells")
    factors = dict(zip(attributes.get("axes", range(4)), scales.tolist(), strict=True))
    rows, columns = factors[2], factors[3]
    if rows < 1 or columns < 1:
        raise HasNoCounterpartError("upsample2d only makes images larger")
    return Stack([{"upsample2d": [int(rows), int(columns)]}], last(x))


def reshape(_: Attributes, x: Array, shape: Array) -> Stack:
    if 0 in shape:
        raise HasNoCounterpartError("0 for a length that stays, or for none")
    return Stack([{"reshape": shape.tolist()}], x[..., np.newaxis])


def transpose(attributes: Attributes, x: Array) -> Stack:
    return Stack([{"permute": attributes.get("perm", [2, 1, 0])}], x[..., np.newaxis])


TRANSLATIONS: dict[str, Callable[..., Stack]] = {
    "AveragePool": pool("avg_pool2d"),
    "BatchNormalization": batch_norm,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "GlobalAveragePool": global_average,
    "GroupNormalization": group_norm,
    "InstanceNormalization": group_norm,
    "LayerNormalization": layer_norm,
    "MaxPool": pool("max_pool2d"),
    "Pad": pad,
    "Reshape": reshape,
    "Resize": upsample,
    "Transpose": transpose,
    "Upsample": upsample,
}
WHOLE = ("Reshape", "Transpose")
"""Operators that do not set the batch apart: their tensors are single samples."""


@cache
def cases() -> dict[str, Any]:
    """ONNX's cases of these operators, by name; those composed of several nodes left out."""
    found = {}
    with warnings.catch_warnings():
        # Casts between types of other operators' cases overflow.
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    for case in collected:
        nodes = [] if case.model is None else list(case.model.graph.node)
        if len(nodes) == 1 and nodes[0].op_type in TRANSLATIONS:
            found[case.name] = case
    return found


def translated(node: onnx.NodeProto, given: Sequence[Array]) -> Stack:
    attributes = {attribute.name: get_attribute_value(attribute) for attribute in node.attribute}
    rest = iter(given)
    # A node names what it leaves out with an empty string.
    inputs = [next(rest) if name else None for name in node.input]
    return TRANSLATIONS[node.op_type](attributes, *inputs)


def compare(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    if len(node.output) > 1 and node.op_type == "MaxPool":
        raise HasNoCounterpartError("a second output: where the largest numbers were")
    stack = translated(node, given)
    y = stack.output()
    y = y[..., 0] if node.op_type in WHOLE else np.moveaxis(y, -1, 0)
    np.testing.assert_allclose(y, expected[0], rtol=2e-5, atol=2e-6)
    if stack.training:
        np.testing.assert_allclose(stack.state["mean"][:, 0], expected[1], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(stack.state["variance"][:, 0], expected[2], rtol=1e-5, atol=1e-6)


def outcomes(operator: str) -> dict[str, str]:
    """For each of an operator's cases an empty string where it ran and agreed, or why it cannot be said."""
    found = {}
    for name, case in cases().items():
        node = case.model.graph.node[0]
        if node.op_type == operator:
            try:
                for given, expected in case.data_sets:
                    compare(node, given, expected)
                found[name] = ""
            except HasNoCounterpartError as reason:
                found[name] = str(reason)
    return found


@pytest.mark.parametrize(
    ("operator", "run", "reasons"),
    [
        (
            "AveragePool",
            7,
            {
                "no layer for images of one or three axes",
                "pooling has no dilation",
                "pooling drops windows that do not fit",
                "padding does not count in means",
                "`same` pads at the end first",
            },
        ),
        ("BatchNormalization", 4, set()),
        ("Conv", 6, set()),
        (
            "ConvTranspose",
            5,
            {
                "no layer for images of one or three axes",
                "conv2d_transpose has no output padding",
                "padding that differs from side to side",
            },
        ),
        ("GlobalAveragePool", 2, set()),
        ("GroupNormalization", 2, set()),
        ("InstanceNormalization", 2, set()),
        ("LayerNormalization", 6, {"layer_norm runs over a sample, or over a step of a sequence"}),
        (
            "MaxPool",
            8,
            {
                "no layer for images of one or three axes",
                "pooling has no dilation",
                "pooling drops windows that do not fit",
                "`same` pads at the end first",
                "a second output: where the largest numbers were",
            },
        ),
        ("Pad", 0, {"zero_pad2d pads with zeros"}),
        ("Reshape", 7, {"0 for a length that stays, or for none"}),
        ("Resize", 3, {"upsample2d repeats cells", "upsample2d only makes images larger"}),
        ("Transpose", 7, set()),
        ("Upsample", 1, set()),
    ],
)
def test_a_layer_gives_what_onnx_expects_of_the_operator(operator: str, run: int, reasons: set[str]) -> None:
    found = outcomes(operator)
    assert {reason for reason in found.values() if reason} == reasons
    assert sum(not reason for reason in found.values()) == run


def reference(node: onnx.NodeProto, inputs: dict[str, Array]) -> list[Array]:
    return cast(list[Array], ReferenceEvaluator(node).run(None, inputs))


def made(operator: str, *shapes: tuple[int, ...], **attributes: Any) -> tuple[onnx.NodeProto, list[Array]]:
    """A node and inputs for it."""
    names = [f"input{index}" for index in range(len(shapes))]
    random = np.random.default_rng(len(shapes) + shapes[0][-1])
    inputs = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    return make_node(operator, names, ["y"], **attributes), inputs


@pytest.mark.parametrize(
    ("node", "given"),
    [
        made("Conv", (3, 4, 7, 6), (6, 4, 3, 2), (6,), strides=[2, 1], dilations=[1, 2]),
        made("Conv", (2, 4, 6, 6), (6, 2, 3, 3), (6,), group=2, pads=[2, 2, 2, 2]),
        made("Conv", (2, 4, 5, 8), (8, 1, 3, 3), group=4, auto_pad="SAME_UPPER", strides=[2, 3]),
        made("Conv", (1, 2, 4, 4), (3, 2, 1, 1), (3,)),
        made("ConvTranspose", (3, 4, 5, 3), (4, 3, 3, 2), (3,), strides=[2, 3], dilations=[2, 1]),
        made("ConvTranspose", (2, 2, 3, 4), (2, 5, 4, 4), (5,), strides=[2, 2], pads=[1, 1, 1, 1]),
        made("MaxPool", (5, 3, 7, 9), kernel_shape=[3, 2], strides=[2, 3]),
        made("MaxPool", (2, 3, 7, 6), kernel_shape=[3, 3], strides=[2, 1], pads=[1, 1, 1, 1]),
        made("AveragePool", (2, 3, 7, 6), kernel_shape=[3, 3], strides=[2, 1], pads=[1, 1, 1, 1]),
        made("GlobalAveragePool", (4, 3, 2, 7)),
        made("LayerNormalization", (4, 6, 5), (5,), (5,), axis=-1, epsilon=0.02),
        made("InstanceNormalization", (4, 3, 5, 2), (3,), (3,)),
    ],
    ids=lambda value: value.op_type if isinstance(value, onnx.NodeProto) else "",
)
def test_a_layer_agrees_with_the_onnx_reference_implementation(node: onnx.NodeProto, given: list[Array]) -> None:
    inputs = dict(zip(node.input, given, strict=True))
    compare(node, given, reference(node, inputs))


def test_zeros_around_an_image_are_those_of_onnx() -> None:
    x = np.random.default_rng(1).normal(size=(3, 2, 4, 5)).astype(np.float32)
    pads = np.array([0, 0, 1, 2, 0, 0, 3, 4])
    node = make_node("Pad", ["x", "pads"], ["y"])
    compare(node, [x, pads], reference(node, {"x": x, "pads": pads}))


@pytest.mark.parametrize("filters", [1, 4])
def test_a_convolution_of_sequences_is_that_of_onnx(filters: int) -> None:
    random = np.random.default_rng(2)
    x, W, b = (random.normal(size=shape) for shape in [(3, 4, 9), (filters, 4, 3), (filters,)])
    node = make_node("Conv", ["x", "W", "b"], ["y"], strides=[2], pads=[2, 2], dilations=[2])
    (expected,) = reference(node, {"x": x, "W": W, "b": b})
    entry = {"conv1d": {"filters": filters, "kernel": 3, "stride": 2, "padding": 2, "dilation": 2}}
    # ONNX has (N, F, T).
    y = Stack([entry], x.transpose(2, 1, 0), {"W": W, "b": column(b)}).output()
    np.testing.assert_allclose(y.transpose(2, 1, 0), expected, rtol=1e-10)
