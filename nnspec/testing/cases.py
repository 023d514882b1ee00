"""Single passes, for cases that are worked by hand or compared with another library."""

import numpy as np

from nnspec.contracts.layer import Layer
from nnspec.contracts.transform import Transform
from nnspec.engine.parameters import Views
from nnspec.testing.material import context
from nnspec.types import Array


def output_of(layer: Layer, x: Array, *, training: bool = False, **parameters: Array) -> Array:
    """What a layer makes of a batch.

    Args:
        layer: The layer.
        x: Inputs (*shape, N), in the type to be computed in.
        training: Whether it is a training step.
        parameters: The layer's parameters by name.

    Returns:
        (*output, N).
    """
    declared = layer.declare(x.shape[:-1]).state
    state = {name: np.full(kept.shape, kept.fill, x.dtype) for name, kept in declared.items()}
    return layer.forward(x, Views(**parameters), context(x.dtype, training=training, state=Views(**state)))


def transformed(transform: Transform, x: Array, *, training: bool = False) -> Array:
    """What a transform makes of a batch that it has learned from.

    Args:
        transform: The transform.
        x: Inputs (*shape, N).
        training: Whether it may draw at random.

    Returns:
        (*output, N), float64.
    """
    return transform.apply(x, transform.fit(iter([x])), context(training=training))
