"""Stack: layers one behind another; the whole network's, and those of a layer that is made of layers.

A layer that holds others declares and runs them by it::

    class Twice(Layer):
        layers: Annotated[Layers, Field(description="what is doubled")]

        @cached_property
        def _body(self) -> Stack:
            return Stack(self.layers)

        def declare(self, shape: Shape) -> Declaration:
            return self._body.declare(shape)

        def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
            return 2 * self._body.forward(x, p, ctx)

        def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
            return self._body.backward(2 * dy, p, g, ctx)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, cast
from weakref import WeakKeyDictionary

from pydantic import Field

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.declarations import unsound
from nnspec.contracts.guests import Place, attributed, fault, is_guest, read_only
from nnspec.contracts.layer import Backward, Declaration, Forward, Inner, Layer
from nnspec.contracts.part import PartOf, resolver
from nnspec.errors import FaultyPartError, ShapeError, StackError
from nnspec.types import ITS_NAME, Array, Shape, shape_text

Layers = Annotated[tuple[PartOf[Layer], ...], Field(strict=False)]
"""An option that holds layers, written as a list."""
MOST_LAYERS = 2_000
"""More than any stack that was ever trained; repetitions within repetitions soon come to more."""


@dataclass(frozen=True)
class Stack:
    """Layers one behind another.

    Attributes:
        layers: As a spec lists them.
        place: Where the spec lists them, from the entry of the layer that holds them: ``("branches", 1)``.
        name: What stands before their numbers in the names of parameters: ``shortcut`` in ``shortcut.0.W``.
        times: How often they are gone through, each time with parameters of its own, whose names then start with
            the number of the time: ``2.0.W``.
    """

    layers: tuple[Layer, ...]
    place: tuple[str | int, ...] = ("layers",)
    name: str = ""
    times: int | None = None

    def declare(self, shape: Shape) -> Declaration:
        """The output shape, and the layers on the way with all they declare.

        Args:
            shape: Of one input sample.

        Raises:
            StackError: A layer cannot take the shape that reaches it.
        """
        inner: list[Inner] = []
        count = 0
        for entry, name, layer in self._entries:
            here = (*self.place, entry)
            try:
                declaration = _declared(layer, shape, here)
                count += 1 + declaration.depth_count
                _refuse_too_many(count)
            except ShapeError as error:
                within = (ITS_NAME, *error.place) if isinstance(error, StackError) else ()
                rows = (*_rows(inner), *_rows_within(layer, shape, error))
                raise StackError(str(error), error.hint, (*here, *within), rows) from error
            inner.append(Inner(name, entry, layer, shape, declaration))
            shape = declaration.output
        return Declaration.around(shape, inner)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        """The output batch.

        Args:
            x: (*shape, N), read-only.
            p: The parameters of the layer that holds the stack.
            ctx: That layer's context.
        """
        bound = self._bound.get(ctx)
        if bound is None or not bound.fits(x, p):
            bound = self._bound[ctx] = _Bound(x, p)
        needed = ctx.needs_input_gradient
        for _, name, layer in self._entries:
            inner = ctx.inside(name)
            inner.needs_input_gradient = needed
            inner.x = x = read_only(x) if name in self._watched else x
            if name not in bound.forward:
                bound.forward[name] = layer.bind_forward(x, p.inner(name), inner)
            inner.y = x = bound.forward[name](x)
            needed = True
        return x

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        """Fills the gradients and returns the input's; takes what the layer that holds the stack is handed."""
        # An array for all but the first layer: the others were asked for their input's gradient.
        passed: Any = dy
        backward = self._bound[ctx].backward_into(g)
        for _, name, layer in reversed(self._entries):
            if name not in backward:
                backward[name] = layer.bind_backward(passed, p.inner(name), g.inner(name), ctx.inside(name))
            passed = backward[name](passed)
        return cast(Array | None, passed)

    def output(self, ctx: Context) -> Array:
        """What the last forward pass returned; `ctx` is the context of the layer that holds the stack."""
        return ctx.inside(self._entries[-1][1]).y if self._entries else ctx.x

    @cached_property
    def _entries(self) -> tuple[tuple[int, str, Layer], ...]:
        """Each layer with the entry that it comes from, and with its name."""
        return tuple(self._named())

    @cached_property
    def _bound(self) -> WeakKeyDictionary[Context, "_Bound"]:
        """What the layers have bound, by the context of the layer that holds the stack."""
        return WeakKeyDictionary()

    @cached_property
    def _watched(self) -> frozenset[str]:
        """The names of layers that plugins bring: what they are handed cannot be written to."""
        return frozenset(name for _, name, layer in self._entries if is_guest(layer))

    def _named(self) -> Iterator[tuple[int, str, Layer]]:
        above = f"{self.name}." if self.name else ""
        for time in range(1 if self.times is None else self.times):
            before = above if self.times is None else f"{above}{time}."
            for entry, head in enumerate(self.layers):
                with attributed(head, "expand", (*self.place, entry)):
                    layer, *appended = head.expand()
                yield entry, f"{before}{entry}", layer
                for further in appended:
                    yield entry, f"{before}{entry}.activation", further


class _Bound:
    """The passes of a stack's layers in one context, bound for batches like the first."""

    def __init__(self, x: Array, p: Parameters) -> None:
        self.forward: dict[str, Forward] = {}
        self._backward: dict[str, Backward] = {}
        self._shape, self._parameters = x.shape, p
        self._gradients: Parameters | None = None

    def fits(self, x: Array, p: Parameters) -> bool:
        """Whether a batch is of that size, and meets the same parameters."""
        return x.shape == self._shape and p is self._parameters

    def backward_into(self, g: Parameters) -> dict[str, Backward]:
        """The backward passes that fill these gradients."""
        if g is not self._gradients:
            self._backward, self._gradients = {}, g
        return self._backward


def _declared(layer: Layer, shape: Shape, here: Place) -> Declaration:
    """What a layer makes of a shape.

    Raises:
        ShapeError: The layer cannot take it.
        FaultyPartError: The layer is a plugin's, and fails or declares what cannot be.
    """
    with attributed(layer, "declare", here):
        try:
            declaration = layer.declare(shape)
        except FaultyPartError as error:
            error.place = (*here, ITS_NAME, *error.place)
            raise
    if is_guest(layer) and (wrong := unsound(declaration)):
        raise fault(layer, f"breaks its contract: declare {wrong}", here)
    return declaration


def _refuse_too_many(count: int) -> None:
    if count > MOST_LAYERS:
        raise ShapeError(f"this makes a stack of more than {MOST_LAYERS:,} layers", "repeat fewer layers")


def _rows(inner: Sequence[Inner]) -> Iterator[tuple[str, str, str]]:
    for item in inner:
        yield resolver(None).word(item.layer), shape_text(item.input), shape_text(item.declaration.output)


def _rows_within(layer: Layer, shape: Shape, error: ShapeError) -> Iterator[tuple[str, str, str]]:
    """The layer that does not fit and what fits within it, where it holds layers itself."""
    if isinstance(error, StackError):
        yield resolver(None).word(layer), shape_text(shape), "?"
        for name, before, after in error.stack:
            yield f"  {name}", before, after
