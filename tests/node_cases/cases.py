"""The cases as the onnx library collects them."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import onnx
from onnx.backend.test.case.node import collect_testcases
from onnx.helper import get_attribute_value

from nnspec.types import Array

Attributes = Mapping[str, Any]
Runner = Callable[[onnx.NodeProto, Sequence[Array], Sequence[Array]], None]
"""Runs a node with inputs here, and compares with the outputs that are expected."""


class HasNoCounterpartError(Exception):
    """A case that asks for something no part here does."""


@cache
def cases() -> dict[str, Any]:
    """All cases by name: those of single nodes, and expansions of them into several."""
    with warnings.catch_warnings():
        # Casts between types overflow.
        warnings.simplefilter("ignore")
        return {case.name: case for case in collect_testcases(None)}


def is_expanded(case: Any) -> bool:
    """Whether it is the case of a node once more, spelled out in other nodes: with the same inputs and outputs."""
    return "_expanded" in case.name


def node_of(case: Any) -> onnx.NodeProto:
    """The single node of a case."""
    node: onnx.NodeProto
    (node,) = case.model.graph.node
    return node


def of_operator(operator: str) -> dict[str, Any]:
    """The cases of single nodes of an operator, by name."""
    single = {name: case for name, case in cases().items() if not is_expanded(case)}
    return {name: case for name, case in single.items() if node_of(case).op_type == operator}


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """A node's attributes by name."""
    return {attribute.name: get_attribute_value(attribute) for attribute in node.attribute}


def named(node: onnx.NodeProto, given: Sequence[Array]) -> list[Array | None]:
    """A node's inputs in order; it names what it leaves out with an empty string."""
    rest = iter(given)
    return [next(rest) if name else None for name in node.input]
