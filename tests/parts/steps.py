"""Single training steps of a layer, in float64."""

import numpy as np

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part


def context(*, training: bool = False, needs_input_gradient: bool = True) -> LayerContext:
    return LayerContext(
        np.random.default_rng(0),
        np.dtype(np.float64),
        training=training,
        needs_input_gradient=needs_input_gradient,
    )


def step(entry: object, x: Array, dy: Array | None = None, **parameters: Array) -> tuple[Array, Array, Views]:
    """Output, input's gradient and parameters' gradients of one training step."""
    layer, ctx = part(Layer, entry, {}), context(training=True)
    p, g = Views(**parameters), Views(**{name: np.full_like(array, np.nan) for name, array in parameters.items()})
    ctx.x = x
    ctx.y = y = layer.forward(x, p, ctx)
    dx = layer.backward(np.ones_like(y) if dy is None else dy, p, g, ctx)
    assert dx is not None
    return y, dx, g
