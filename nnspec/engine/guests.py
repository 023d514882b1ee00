"""Layers that other distributions bring: handed read-only inputs, and looked at closely in their first step.

What comes of a layer that lies about shapes or writes to its inputs shows up anywhere but in that layer. Built-in
layers are held to their contract by tests, and are called directly.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.guests import Place, attributed, fault, is_guest, read_only
from nnspec.engine.plan import Node
from nnspec.errors import FaultyPartError
from nnspec.types import Array, Shape

Forward = Callable[..., Array]
Backward = Callable[..., Array | None]


def passes(node: Node) -> tuple[Forward, Backward]:
    """What the network calls for a layer: its own methods, or for a guest's, those that watch over it."""
    if not is_guest(node.layer):
        return node.layer.forward, node.layer.backward
    guest = Guest(node)
    return guest.forward, guest.backward


class Guest:
    """Watches over the passes of one layer at one batch size."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._place: Place = ("layers", node.entry)
        self._forward: Forward = self._first_forward
        self._backward: Backward = self._first_backward

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        """The layer's forward pass."""
        ctx.x = given = read_only(x)
        with attributed(self._node.layer, "forward", self._place):
            return self._forward(given, p, ctx)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        """The layer's backward pass."""
        with attributed(self._node.layer, "backward", self._place):
            return self._backward(read_only(dy), p, g, ctx)

    def _first_forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        before = {"its input": (x, x.copy()), **_copies(p)}
        y = self._node.layer.forward(x, p, ctx)
        self._check_array("forward", "its output", y, (*self._node.output, x.shape[-1]), ctx)
        self._check_kept("forward", before)
        if all(np.isfinite(array).all() for array, _ in before.values()):
            self._require(np.isfinite(y).all(), "forward yields numbers that are not finite, from finite ones")
        self._forward = self._node.layer.forward
        return y

    def _first_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        before = {"its output": (ctx.y, ctx.y.copy()), "the gradient it is given": (dy, dy.copy()), **_copies(p)}
        gradients = vars(g)
        for gradient in gradients.values():
            gradient.fill(np.nan)
        dx = self._node.layer.backward(dy, p, g, ctx)
        self._check_kept("backward", before)
        for name, gradient in gradients.items():
            self._require(
                not np.isnan(gradient).any() or np.isnan(dy).any(),
                f"backward leaves g.{name} unfilled, or adds to it: it is overwritten, `g.{name}[...] = `",
            )
        if ctx.needs_input_gradient:
            self._require(dx is not None, "backward returns None where the input's gradient is needed")
            self._check_array("backward", "the gradient by its input", dx, ctx.x.shape, ctx)
        self._backward = self._node.layer.backward
        return dx

    def _check_array(self, method: str, what: str, found: object, shape: Shape, ctx: Context) -> None:
        if not isinstance(found, np.ndarray):
            raise self._fault(f"{method} returns {type(found).__name__}, expected an array")
        self._require(
            found.shape == shape,
            f"{method} returns an array of shape {found.shape} for {what}; declared was {shape}, the batch last",
        )
        self._require(
            found.dtype == ctx.dtype,
            f"{method} returns {found.dtype} for {what}, expected {ctx.dtype}: a NumPy number or array of another "
            "type is in the expression; use Python floats, or `ctx.dtype`",
        )

    def _check_kept(self, method: str, before: dict[str, tuple[Array, Array]]) -> None:
        for name, (array, copy) in before.items():
            same = np.array_equal(array, copy, equal_nan=True)
            self._require(same, f"{method} writes to {name}, which it may only read")

    def _require(self, condition: object, otherwise: str) -> None:
        if not condition:
            raise self._fault(otherwise)

    def _fault(self, what: str) -> FaultyPartError:
        return fault(self._node.layer, f"breaks its contract: {what}", self._place)


def _copies(parameters: Any) -> dict[str, tuple[Array, Array]]:
    return {f"p.{name}": (array, array.copy()) for name, array in vars(parameters).items()}
