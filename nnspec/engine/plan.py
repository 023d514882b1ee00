"""Shapes through the whole stack, before any array exists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nnspec.contracts.guests import attributed, fault, is_guest
from nnspec.contracts.layer import Declaration, Layer, Parameter, State
from nnspec.contracts.part import resolver
from nnspec.errors import ShapeError, StackError
from nnspec.types import Shape, shape_text, size


@dataclass(frozen=True)
class Node:
    """One layer at its place.

    Attributes:
        path: Where it stands: ``layers.2``, or ``layers.2.activation`` for what an entry appends.
        entry: Which entry of ``layers`` it comes from, counted from 0.
        layer: The part.
        input: Shape of one input sample.
        declaration: Output shape and parameters.
    """

    path: str
    entry: int
    layer: Layer
    input: Shape
    declaration: Declaration

    @property
    def output(self) -> Shape:
        """Shape of one output sample."""
        return self.declaration.output

    @property
    def name(self) -> str:
        """What a reader calls the layer: its word in a spec."""
        return resolver(None).word(self.layer)

    @property
    def parameter_count(self) -> int:
        """How many numbers the layer trains."""
        return sum(size(parameter.shape) for parameter in self.declaration.parameters.values())


def plan(layers: Sequence[Layer], shape: Shape) -> tuple[Node, ...]:
    """The stack with the shapes that run through it.

    Args:
        layers: The entries of ``layers``.
        shape: Shape of one input sample.

    Raises:
        StackError: A layer cannot take the shape that reaches it.
    """
    nodes: list[Node] = []
    for entry, head in enumerate(layers):
        with attributed(head, "expand", ("layers", entry)):
            expanded = head.expand()
        for place, layer in enumerate(expanded):
            try:
                declaration = declared(layer, shape, entry)
            except ShapeError as error:
                raise StackError(str(error), error.hint, entry, _rows(nodes)) from error
            path = f"layers.{entry}" + (".activation" if place else "")
            nodes.append(Node(path, entry, layer, shape, declaration))
            shape = declaration.output
    return tuple(nodes)


def declared(layer: Layer, shape: Shape, entry: int) -> Declaration:
    """What a layer makes of a shape.

    Raises:
        ShapeError: The layer cannot take it.
        FaultyPartError: The layer is a plugin's, and fails or declares what cannot be.
    """
    place = ("layers", entry)
    with attributed(layer, "declare", place):
        declaration = layer.declare(shape)
    if is_guest(layer) and (wrong := _unsound(declaration)):
        raise fault(layer, f"breaks its contract: declare {wrong}", place)
    return declaration


def _unsound(declaration: object) -> str:
    """What is wrong with a declaration; empty where nothing is."""
    if not isinstance(declaration, Declaration):
        return f"returns {type(declaration).__name__}, expected a Declaration"
    arrays: dict[str, Parameter | State] = {**declaration.parameters, **declaration.state}
    shapes: dict[str, object] = {f"`{name}`": array.shape for name, array in arrays.items()}
    shapes["an output"] = declaration.output
    for name, shape in shapes.items():
        if not isinstance(shape, tuple) or not all(type(length) is int and length > 0 for length in shape):
            return f"states {name} of shape {shape!r}, expected a tuple of whole numbers above 0"
    return ""


def _rows(nodes: Iterable[Node]) -> list[tuple[str, str, str]]:
    return [(node.name, shape_text(node.input), shape_text(node.output)) for node in nodes]
