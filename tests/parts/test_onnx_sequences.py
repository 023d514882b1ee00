"""Recurrent layers and embedding against the ONNX project's own node cases and its reference implementation.

ONNX has sequences as (T, N, F), or (N, T, F) with `layout: 1`, directions as an axis of their own, and two biases
where one will do. Its gates stand in the order in which they stand here.
"""

import warnings
from collections.abc import Mapping, Sequence
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
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part
WORDS = {"RNN": "rnn", "LSTM": "lstm", "GRU": "gru"}


class HasNoCounterpartError(Exception):
    """A case that asks for something no layer here does."""


@cache
def cases(operator: str) -> dict[str, Any]:
    """ONNX's cases of this operator, by name."""
    with warnings.catch_warnings():
        # Casts between types of other operators' cases overflow.
        warnings.simplefilter("ignore")
        collected = collect_testcases(None)
    found = {}
    for case in collected:
        nodes = [] if case.model is None else list(case.model.graph.node)
        if len(nodes) == 1 and nodes[0].op_type == operator:
            found[case.name] = case
    return found


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
    attributes = {attribute.name: get_attribute_value(attribute) for attribute in node.attribute}
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


@pytest.mark.parametrize(
    ("operator", "without_counterpart"), [("RNN", {}), ("GRU", {}), ("LSTM", {"test_lstm_with_peepholes"})]
)
def test_a_recurrent_layer_gives_what_onnx_expects(operator: str, without_counterpart: set[str]) -> None:
    missed = set()
    for name, case in cases(operator).items():
        for given, expected in case.data_sets:
            try:
                compare(case.model.graph.node[0], given, expected)
            except HasNoCounterpartError:
                missed.add(name)
    assert missed == set(without_counterpart)
    assert len(cases(operator)) >= 6


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
    compare(node, given, expected)


def test_embedding_gathers_as_onnx_does() -> None:
    run = []
    for name, case in cases("Gather").items():
        (((data, indices), (expected,)),) = case.data_sets
        if indices.min() < 0:
            # Codes count from the start alone.
            continue
        axis = get_attribute_value(case.model.graph.node[0].attribute[0])
        table = np.moveaxis(data, axis, 0)
        E = table.reshape(len(table), -1)
        layer = part(Layer, {"embedding": {"vocabulary": len(E), "units": E.shape[1]}}, {})
        y = output(layer, indices.reshape(len(indices), -1).astype(np.float32), {"E": E}).swapaxes(1, 2)
        # ONNX puts the axes of the indices where the axis was along which they count.
        own = range(indices.ndim)
        y = np.moveaxis(y.reshape(*indices.shape, *table.shape[1:]), own, [axis + place for place in own])
        np.testing.assert_array_equal(y, expected)
        run.append(name)
    assert sorted(run) == ["test_gather_0", "test_gather_1", "test_gather_2d_indices"]
