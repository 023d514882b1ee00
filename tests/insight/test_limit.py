"""The limit runs the products of a step: all of them, and nothing else."""

from typing import Any

import numpy as np
import pytest

from nnspec.contracts.layer import Layer
from nnspec.engine.plan import plan
from nnspec.insight import limit
from nnspec.registry import default_resolver
from nnspec.types import Array, Shape

part = default_resolver().part


@pytest.fixture
def multiplied(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Shape, Shape]]:
    """The shapes of whatever is multiplied."""
    seen: list[tuple[Shape, Shape]] = []
    dot = np.dot

    def watched(left: Array, right: Array, out: Array) -> Any:
        seen.append((left.shape, right.shape))
        return dot(left, right, out=out)

    monkeypatch.setattr(np, "dot", watched)
    return seen


def run(stack: list[object], shape: Shape, batch: int) -> None:
    limit.bare_products(plan([part(Layer, entry, {}) for entry in stack], shape), batch)()


def test_dense_layers_take_three_products_and_the_first_one_two(multiplied: list[tuple[Shape, Shape]]) -> None:
    run([{"dense": 3}, "relu", {"dense": 2}], (5,), 7)
    forward_and_weights = [((3, 5), (5, 7)), ((3, 7), (7, 5))]
    assert multiplied == [*forward_and_weights, ((2, 3), (3, 7)), ((2, 7), (7, 3)), ((3, 2), (2, 7))]


@pytest.mark.parametrize(
    ("stack", "shape"),
    [
        ([{"conv2d": {"filters": 4, "kernel": 3}}, {"conv2d": {"filters": 6, "kernel": 2}}], (2, 9, 9)),
        ([{"lstm": 8}, {"dense": 3}], (5, 6)),
        ([{"dense": 40}, "sigmoid", {"dense": 30}], (20,)),
    ],
    ids=str,
)
def test_the_products_are_those_that_the_layers_declare(
    multiplied: list[tuple[Shape, Shape]], stack: list[object], shape: Shape
) -> None:
    run(stack, shape, 4)
    layers = [part(Layer, entry, {}) for entry in stack]
    declared = sum(node.declaration.multiplications for node in plan(layers, shape))
    products = [left[0] * left[1] * right[1] for left, right in multiplied]
    # Forward and two ways back, without the gradient by the network's input, as large as the first product.
    assert sum(products) == 4 * 3 * declared - products[0]


def test_many_columns_are_taken_in_pieces(
    multiplied: list[tuple[Shape, Shape]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "PIECE", 10)
    run([{"dense": 3}], (5,), 8)
    assert multiplied == [((3, 5), (5, 2)), ((3, 2), (2, 5))] * 4
