"""Shapes to try a layer at: drawn, and kept where the layer takes them."""

import numpy as np

from nnspec.contracts.layer import Layer
from nnspec.errors import ShapeError
from nnspec.testing.contract import ContractError
from nnspec.testing.material import SEED
from nnspec.types import Random, Shape

LENGTHS = ((3, 6), (3, 6), (6, 12), (24, 33))
"""Bounds of an axis: small shapes are quick and are tried first, large ones leave room for wide kernels."""
USUAL: tuple[Shape, ...] = ((784,), (1, 28, 28), (3, 32, 32), (28, 28))
"""Shapes of well-known pictures, for layers whose options are made for one."""
TRIES = 25
"""Draws of each number of axes between two bounds."""


def shapes_for(layer: Layer, count: int = 5) -> list[Shape]:
    """Different shapes that a layer takes: rows of numbers, sequences, images.

    Args:
        layer: The layer.
        count: How many shapes to look for; fewer are found for a layer that takes but a few.

    Raises:
        ContractError: It refuses everything that was tried.
    """
    random = np.random.default_rng((SEED, 2))
    found: list[Shape] = []
    for low, high in LENGTHS:
        for _ in range(TRIES):
            for axes in (3, 2, 1):
                shape = _drawn(axes, low, high, random)
                if len(found) < count and shape not in found and takes(layer, shape):
                    found.append(shape)
    found = found or [shape for shape in USUAL if takes(layer, shape)][:count]
    if found:
        return found
    rule = "a layer takes some shape"
    raise ContractError(layer, rule, "It refused rows, sequences and images of many sizes; hand a shape in.")


def takes(layer: Layer, shape: Shape) -> bool:
    """Whether a layer takes samples of this shape."""
    try:
        layer.declare(shape)
    except ShapeError:
        return False
    return True


def _drawn(axes: int, low: int, high: int, random: Random) -> Shape:
    """Lengths within bounds; channels and features divide into heads and groups more often than chance has it."""
    shape = random.integers(low, high + 1, axes).tolist()
    if axes > 1 and random.random() < 0.7:
        shape[0 if axes == 3 else 1] = 4
    return tuple(shape)
