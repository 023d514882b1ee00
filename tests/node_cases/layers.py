"""Layers: nodes as stacks of ours.

ONNX puts the batch first; its arrays are turned so that the batch comes last, and back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.engine.plan import plan
from nnspec.registry import default_resolver
from nnspec.testing.material import generator
from nnspec.types import Array

from .cases import Attributes, HasNoCounterpartError, Runner, attributes_of, named

part = default_resolver().part


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


def flatten(attributes: Attributes, x: Array) -> Stack:
    if attributes.get("axis", 1) % x.ndim != 1:
        raise HasNoCounterpartError("flatten keeps the batch apart, and nothing else")
    return Stack(["flatten"], last(x))


def gemm(attributes: Attributes, a: Array, b: Array, c: Array | None = None) -> Stack:
    """Rows of `a` are samples, and columns of `b` units."""
    if attributes.get("transA") or {attributes.get("alpha", 1.0), attributes.get("beta", 1.0)} != {1.0}:
        raise HasNoCounterpartError("dense neither turns its input nor scales weights and biases")
    W = b if attributes.get("transB") else b.T
    if c is None:
        return Stack([{"dense": {"units": len(W), "bias": False}}], last(a), {"W": W})
    if c.size not in (1, len(W)):
        raise HasNoCounterpartError("dense has a bias for each unit, not for each sample")
    return Stack([{"dense": len(W)}], last(a), {"W": W, "b": column(np.broadcast_to(c.ravel(), len(W)))})


def matmul(_: Attributes, a: Array, b: Array) -> Stack:
    if a.ndim != 2 or b.ndim != 2:
        raise HasNoCounterpartError("dense multiplies rows with one matrix")
    return gemm({}, a, b)


TRANSLATIONS: dict[str, Callable[..., Stack]] = {
    "AveragePool": pool("avg_pool2d"),
    "BatchNormalization": batch_norm,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "Flatten": flatten,
    "Gemm": gemm,
    "GlobalAveragePool": global_average,
    "GroupNormalization": group_norm,
    "InstanceNormalization": group_norm,
    "LayerNormalization": layer_norm,
    "MatMul": matmul,
    "MaxPool": pool("max_pool2d"),
    "Pad": pad,
    "Reshape": reshape,
    "Resize": upsample,
    "Transpose": transpose,
    "Upsample": upsample,
}
WHOLE = ("Reshape", "Transpose")
"""Operators that do not set the batch apart: their tensors are single samples."""


def translated(node: onnx.NodeProto, given: Sequence[Array]) -> Stack:
    return TRANSLATIONS[node.op_type](attributes_of(node), *named(node, given))


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


RUNNERS: dict[str, Runner] = dict.fromkeys(TRANSLATIONS, compare)
