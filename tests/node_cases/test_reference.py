"""Layers against ONNX's reference implementation, where its cases leave something out."""

from typing import Any, cast

import numpy as np
import onnx
import pytest
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

from nnspec.types import Array

from .layers import Stack, column, compare
from .sequences import compare as compare_sequences


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


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(
    ("operator", "gates", "options"),
    [
        ("RNN", 1, {}),
        ("LSTM", 4, {}),
        ("GRU", 3, {"linear_before_reset": 0}),
        ("GRU", 3, {"linear_before_reset": 1}),
    ],
)
def test_a_recurrent_layer_agrees_with_the_onnx_reference_implementation(
    operator: str, gates: int, options: dict[str, Any], direction: str
) -> None:
    random, directions = np.random.default_rng(8), 1 + (direction == "bidirectional")
    shapes = [(6, 3, 4), (directions, gates * 5, 4), (directions, gates * 5, 5), (directions, 2 * gates * 5)]
    given = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    node = make_node(operator, list("XWRB"), ["Y", "Y_h"], hidden_size=5, direction=direction, **options)
    expected = cast(list[Array], ReferenceEvaluator(node).run(None, dict(zip("XWRB", given, strict=True))))
    compare_sequences(node, given, expected)
