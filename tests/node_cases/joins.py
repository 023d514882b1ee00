"""Nodes that join tensors: branches that each pick one of them out of a single row, and are joined.

A layer here has one input. So tensors are put below each other, and a `dense` layer of zeros and ones at the head
of each branch hands on its own: what is compared is what `residual` and `parallel` make of the branches.
"""

from collections.abc import Sequence

import numpy as np
import onnx

from nnspec.types import Array

from .cases import HasNoCounterpartError, Runner, attributes_of
from .layers import Stack


def join(node: onnx.NodeProto, given: Sequence[Array], expected: Sequence[Array]) -> None:
    if any(array.dtype.kind != "f" for array in given):
        raise HasNoCounterpartError("layers compute with floats")
    if len(given) < 2:
        raise HasNoCounterpartError("parallel has two branches or more")
    if node.op_type == "Concat":
        axis = attributes_of(node)["axis"]
        y = joined(node.op_type, [np.moveaxis(array, axis, 0) for array in given])
        y = np.moveaxis(y.reshape(-1, *np.moveaxis(given[0], axis, 0).shape[1:]), 0, axis)
    elif len({array.shape for array in given}) > 1:
        raise HasNoCounterpartError("branches that are added or multiplied end in one shape")
    else:
        y = joined(node.op_type, given).reshape(given[0].shape)
    np.testing.assert_allclose(y, expected[0], rtol=1e-6)


def joined(operator: str, tensors: Sequence[Array]) -> Array:
    """The tensors' joined rows; what is not the first axis is the batch."""
    rows = [tensor.reshape(len(tensor), -1) for tensor in tensors]
    x = np.concatenate(rows)
    picked = np.split(np.eye(len(x), dtype=x.dtype), np.cumsum([len(row) for row in rows])[:-1])
    branches = [[{"dense": {"units": len(row), "bias": False}}] for row in rows]
    if operator == "Add":
        body, shortcut = branches
        names = ["0.W", "shortcut.0.W"]
        layer: object = {"residual": {"layers": body, "shortcut": shortcut}}
    else:
        names = [f"{number}.0.W" for number in range(len(branches))]
        layer = {"parallel": {"branches": branches, "join": JOINS[operator]}}
    return Stack([layer], x, dict(zip(names, picked, strict=True))).output()


JOINS = {"Concat": "concatenate", "Mul": "multiply", "Sum": "add"}
RUNNERS: dict[str, Runner] = dict.fromkeys(("Add", *JOINS), join)
