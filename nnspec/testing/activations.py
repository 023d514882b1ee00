"""check_activation: what holds for activations beyond what holds for every layer."""

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.engine.parameters import Views
from nnspec.testing.contract import Frozen, require, require_same
from nnspec.testing.declarations import declared
from nnspec.testing.layers import check_layer
from nnspec.testing.material import context, far, numbers
from nnspec.types import Array, Shape


def check_activation(activation: Activation, shape: Shape = (6,), *, batch: int = 5) -> None:
    """Checks an activation on inputs of this shape; see `check_layer`.

    Beyond that, it keeps the shape and declares no parameters, fills ``out`` whole, is `elementwise` if it says
    so, yields finite numbers for inputs of up to ±10,000 in float32, and its passes are `apply` and `gradient`.

    Args:
        activation: The activation.
        shape: Shape of one sample.
        batch: Samples in the batch.

    Raises:
        ContractError: It breaks a contract.
    """
    declaration = declared(activation, shape)
    rule = "an activation keeps the shape and has no parameters"
    detail = (
        f"declared {declaration.output} for {shape}, parameters: {', '.join(declaration.parameters) or 'none'}."
    )
    require(declaration.output == shape and not declaration.parameters, activation, rule, detail)
    _check_filling(activation, numbers((*shape, batch)))
    # Before the same is looked for in any layer: of activations more is known.
    _check_large(activation, (*shape, batch))
    check_layer(activation, shape, batch=batch)
    _check_elementwise(activation, numbers((*shape, batch)))
    _check_passes(activation, numbers((*shape, batch)))


def _check_filling(activation: Activation, x: Array) -> None:
    ctx = context()
    y, dx = np.full_like(x, np.nan), np.full_like(x, np.nan)
    dy = numbers(x.shape, 50)
    with Frozen(activation, x=x, dy=dy).kept():
        activation.apply(x, y, ctx)
        activation.gradient(dy, x, y, dx, ctx)
    for name, out in (("apply", y), ("gradient", dx)):
        detail = f"{np.isnan(out).sum()} of {out.size} numbers were NaN before and are still."
        require(not np.isnan(out).any(), activation, f"`{name}` overwrites `out` whole", detail)


def _check_elementwise(activation: Activation, x: Array) -> None:
    ctx = context()
    before, after = np.empty_like(x), np.empty_like(x)
    activation.apply(x, before, ctx)
    moved = x.copy()
    moved.flat[0] += 0.5
    activation.apply(moved, after, ctx)
    changed = int(np.count_nonzero(before.ravel()[1:] != after.ravel()[1:]))
    detail = f"moving one input changed {changed} other outputs; elementwise = {activation.elementwise}."
    alone = changed == 0
    rule = "`elementwise` says whether an output depends on its own input alone"
    require(alone == activation.elementwise or x.size == 1, activation, rule, detail)


def _check_passes(activation: Activation, x: Array) -> None:
    """Layers that hold an activation, such as rnn, ask for `apply` and `gradient`, and the network for passes."""
    alone, passed, dy = context(), context(), numbers(x.shape, 50)
    y, dx = np.empty_like(x), np.empty_like(x)
    activation.apply(x, y, alone)
    activation.gradient(dy, x, y, dx, alone)
    passed.x = x
    passed.y = activation.forward(x, Views(), passed)
    back = activation.backward(dy, Views(), Views(), passed)
    hint = "Likely mistake: two ways of saying it that differ."
    require_same(passed.y, y, activation, "the forward pass yields what `apply` writes", hint)
    rule = "the backward pass yields what `gradient` writes"
    require_same(np.zeros(0) if back is None else back, dx, activation, rule, hint)


def _check_large(activation: Activation, shape: Shape) -> None:
    for name, x in far(shape):
        ctx = context(np.float32)
        y, dx = np.empty_like(x), np.empty_like(x)
        with np.errstate(all="ignore"):
            activation.apply(x, y, ctx)
            activation.gradient(np.ones_like(y), x, y, dx, ctx)
        finite = bool(np.isfinite(y).all() and np.isfinite(dx).all())
        detail = f"{name}: y {y.ravel()[:3]}, dx {dx.ravel()[:3]}. Likely mistake: exp of it."
        require(finite, activation, "large inputs give finite outputs and gradients", detail)
        inside = bool((y >= activation.range[0]).all() and (y <= activation.range[1]).all())
        require(inside, activation, "outputs lie in the stated range", detail)
