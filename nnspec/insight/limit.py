"""The limit of a training step: its matrix products, and nothing beside them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nnspec.engine.plan import Node
from nnspec.types import Array, size

PIECE = 2**19
"""Numbers that a product takes from memory at a time: 2 MB in float32, which stay in a cache."""


def bare_products(nodes: Sequence[Node], batch: int, dtype: Any = np.float32) -> Callable[[], None]:
    """The products of a step on a batch of this size, ready to be timed, on arrays of their own.

    Each layer's weights make matrices (O, K). What the layer declares as multiplications says how many columns
    they meet: the samples of a dense layer, the windows of a convolution, the steps of a recurrent layer. Forward
    that is W x; backward dy xᵀ, and Wᵀ dy for all but the first weights. Many columns are taken in pieces.

    Args:
        nodes: The plan.
        batch: Samples in a step.
        dtype: The network's type.

    Returns:
        What runs all of them once.
    """
    pairs: list[tuple[Array, Array, Array]] = []
    for node in _innermost(nodes):
        for rows, depth, columns in _shapes(node, batch):
            pieces = max(1, depth * columns // PIECE)
            W, x, dy = (
                # Ones: memory that was never written is one page of zeros to the machine, too fast to be true.
                np.ones(shape, dtype)
                for shape in ((rows, depth), (depth, columns // pieces), (rows, columns // pieces))
            )
            back = [(W.T, dy, np.empty_like(x))] if pairs else []
            pairs += [(W, x, np.empty_like(dy)), (dy, x.T, np.empty_like(W)), *back] * pieces

    def run() -> None:
        for left, right, out in pairs:
            np.dot(left, right, out=out)

    return run


def _innermost(nodes: Sequence[Node]) -> Iterator[Node]:
    """The layers that hold no others; those of a stack within a layer by themselves."""
    for node in nodes:
        yield from (inner for _, inner in node.walk() if not inner.inner)


def _shapes(node: Node, batch: int) -> list[tuple[int, int, int]]:
    """Outputs, depth and columns of each product with weights of a layer."""
    weights = [parameter.shape for parameter in node.declaration.parameters.values() if parameter.decays]
    numbers = sum(map(size, weights))
    if not numbers:
        return []
    columns = node.declaration.multiplications * batch // numbers
    return [(shape[0], size(shape[1:]), columns) for shape in weights if columns]
