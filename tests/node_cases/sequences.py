"""Recurrent layers and embedding.

ONNX has sequences as (T, N, F), or (N, T, F) with `layout: 1`, directions as an axis of their own, and two biases
where one will do. Its gates stand in the order in which they stand here.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.registry import default_resolver
from nnspec.types import Array

from .cases import HasNoCounterpartError, Runner, attributes_of

part = default_resolver().part
WORDS = {"RNN": "rnn", "LSTM": "lstm", "GRU": "gru"}


def output(layer: Layer, x: Array, parameters: Mapping[str, Array]) -> Array:
    declared = layer.declare(x.shape[:-1]).parameters
    assert {name: array.shape for name, array in parameters.items()} == {
        name: parameter.shape for name, parameter in declared.items()
    }
    return layer.forward(x, Views(**parameters), LayerContext(np.random.default_rng(0), x.dtype))


def parameters_of(operator: str, inputs: Mapping[str, Array], *, reset_after: bool) -> dict[str, Array]:
    """W, R and the biases of each direction by our names."""
    parameters = {}
    for W, R, B, suffix in zip(inputs["W"], inputs["R"], inputs["B"], ("", "_reverse"), strict=False):
        own, recurrent = (half.reshape(-1, 1) for half in np.split(B, 2))
        if operator == "GRU" and reset_after:
            inside = np.arange(len(own)) >= 2 * R.shape[1]
            parameters[f"s{suffix}"] = recurrent[inside]
            recurrent = np.where(inside[:, np.newaxis], 0, recurrent).astype(B.dtype)
        parameters |= {f"W{suffix}": W, f"R{suffix}": R, f"b{suffix}": own + recurrent}
    return parameters


def compare(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """Compares every state, and the last ones; the cell's state of an LSTM shows in the next step's."""
    attributes = attributes_of(node)
    inputs = dict(zip(["X", "W", "R", "B", "lengths", "h_0", "c_0", "P"], given, strict=False))
    if "P" in inputs:
        raise HasNoCounterpartError("lstm has no peepholes")
    batch_first, direction = attributes.get("layout", 0), attributes.get("direction", b"forward")
    directions, rows, _ = inputs["W"].shape
    inputs.setdefault("B", np.zeros((directions, 2 * rows), np.float32))
    x = inputs["X"].transpose(1, 2, 0) if batch_first else inputs["X"].transpose(0, 2, 1)
    x = x[::-1] if direction == b"reverse" else x
    reset_after = bool(attributes.get("linear_before_reset"))
    options = {"units": attributes["hidden_size"], "bidirectional": direction == b"bidirectional"}
    if node.op_type == "GRU":
        options["reset"] = "after" if reset_after else "before"
    parameters = parameters_of(node.op_type, inputs, reset_after=reset_after)
    wanted = dict(zip(filter(None, node.output), expected, strict=True))
    for name, sequences in (("Y", True), ("Y_h", False)):
        if name in wanted:
            y = output(part(Layer, {WORDS[node.op_type]: {**options, "sequences": sequences}}, {}), x, parameters)
            y = y[::-1] if sequences and direction == b"reverse" else y
            # (..., D H, N) to (..., D, N, H).
            y = np.swapaxes(y.reshape(*y.shape[:-2], directions, -1, y.shape[-1]), -1, -2)
            y = np.moveaxis(y, -2, 0) if batch_first else y
            np.testing.assert_allclose(y, wanted[name], rtol=1e-5, atol=1e-6)


def gather(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    """Rows of a table by their numbers, as `embedding` looks them up."""
    data, indices = given
    if indices.min() < 0:
        raise HasNoCounterpartError("codes count from the start alone")
    axis = attributes_of(node).get("axis", 0)
    table = np.moveaxis(data, axis, 0)
    E = table.reshape(len(table), -1)
    layer = part(Layer, {"embedding": {"vocabulary": len(E), "units": E.shape[1]}}, {})
    y = output(layer, indices.reshape(len(indices), -1).astype(np.float32), {"E": E}).swapaxes(1, 2)
    # ONNX puts the axes of the indices where the axis was along which they count.
    own = range(indices.ndim)
    y = np.moveaxis(y.reshape(*indices.shape, *table.shape[1:]), own, [axis + place for place in own])
    np.testing.assert_array_equal(y, expected[0])


RUNNERS: dict[str, Runner] = {**dict.fromkeys(WORDS, compare), "Gather": gather}
