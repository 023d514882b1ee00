"""Layers that other distributions bring: handed read-only inputs, and looked at closely in their first step.

What comes of a layer that lies about shapes or writes to its inputs shows up anywhere but in that layer. Built-in
layers are held to their contract by tests, and are called directly.
"""

from typing import Any, Protocol

import numpy as np

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.guests import Place, attributed, fault, is_guest, read_only
from nnspec.contracts.layer import Backward, Forward
from nnspec.engine.plan import Node
from nnspec.errors import FaultyPartError
from nnspec.types import Array, Shape


class Bindable(Protocol):
    """Whose passes a lane can run: a layer, or what watches over one."""

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        """As of a layer."""

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        """As of a layer."""


def bindable(node: Node) -> Bindable:
    """What the network binds for a layer: itself, or for a guest's, what watches over it."""
    return Guest(node) if is_guest(node.layer) else node.layer


class Guest:
    """Watches over the passes of one layer."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._place: Place = ("layers", node.entry)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        """The layer's forward pass, looked at closely when it is first called."""
        ctx.x = given = read_only(x)
        before = {"its input": (x, x.copy()), **_copies(p)}
        with attributed(self._node.layer, "forward", self._place):
            run = self._node.layer.bind_forward(given, p, ctx)
        self._require(callable(run), "bind_forward returns nothing that can be called")

        def forward(x: Array) -> Array:
            ctx.x = given = read_only(x)
            with attributed(self._node.layer, "forward", self._place):
                y = run(given)
            if before:
                self._check_forward(y, before, ctx)
                before.clear()
            return y

        return forward

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        """The layer's backward pass, likewise."""
        before = {"its output": (ctx.y, ctx.y.copy()), "the gradient it is given": (dy, dy.copy()), **_copies(p)}
        for gradient in vars(g).values():
            gradient.fill(np.nan)
        with attributed(self._node.layer, "backward", self._place):
            run = self._node.layer.bind_backward(read_only(dy), p, g, ctx)
        self._require(callable(run), "bind_backward returns nothing that can be called")

        def backward(dy: Array) -> Array | None:
            with attributed(self._node.layer, "backward", self._place):
                dx = run(read_only(dy))
            if before:
                self._check_backward(dx, dy, g, before, ctx)
                before.clear()
            return dx

        return backward

    def _check_forward(self, y: Array, before: dict[str, tuple[Array, Array]], ctx: Context) -> None:
        self._check_array("forward", "its output", y, (*self._node.output, ctx.x.shape[-1]), ctx)
        self._check_kept("forward", before)
        if all(np.isfinite(array).all() for array, _ in before.values()):
            self._require(np.isfinite(y).all(), "forward yields numbers that are not finite, from finite ones")

    def _check_backward(
        self, dx: Array | None, dy: Array, g: Parameters, before: dict[str, tuple[Array, Array]], ctx: Context
    ) -> None:
        self._check_kept("backward", before)
        for name, gradient in vars(g).items():
            self._require(
                not np.isnan(gradient).any() or np.isnan(dy).any(),
                f"backward leaves g.{name} unfilled, or adds to it: it is overwritten, `g.{name}[...] = `",
            )
        if ctx.needs_input_gradient:
            self._require(dx is not None, "backward returns None where the input's gradient is needed")
            self._check_array("backward", "the gradient by its input", dx, ctx.x.shape, ctx)

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
