"""Shapes through the whole stack, before any array exists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from nnspec.contracts.layer import Declaration, Inner, Layer
from nnspec.contracts.part import resolver
from nnspec.contracts.stack import Stack
from nnspec.types import Shape, size


@dataclass(frozen=True)
class Node:
    """One layer at its place.

    Attributes:
        path: Where it stands: ``layers.2``, ``layers.2.activation`` for what an entry appends, ``layers.2.0`` for
            a layer within it.
        entry: Which entry of ``layers`` it comes from, or the layer around it, counted from 0.
        layer: The part.
        input: Shape of one input sample.
        declaration: Output shape and parameters.
        key: Its name within the layer around it, from which its context and its arrays are got.
    """

    path: str
    entry: int
    layer: Layer
    input: Shape
    declaration: Declaration
    key: str = ""

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
        """How many numbers the layer trains, those of layers within it included, those of others left out."""
        parameters = self.declaration.parameters.values()
        return sum(size(parameter.shape) for parameter in parameters if parameter.initializer.tie() is None)

    @cached_property
    def inner(self) -> tuple["Node", ...]:
        """The layers within it."""
        return tuple(_node(f"{self.path}.", self.entry, item) for item in self.declaration.inner)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Node"]]:
        """The layer and those within it, each with how deep it lies."""
        yield depth, self
        for node in self.inner:
            yield from node.walk(depth + 1)


def plan(layers: Sequence[Layer], shape: Shape) -> tuple[Node, ...]:
    """The stack with the shapes that run through it.

    Args:
        layers: The entries of ``layers``.
        shape: Shape of one input sample.

    Raises:
        StackError: A layer cannot take the shape that reaches it.
    """
    declaration = Stack(tuple(layers)).declare(shape)
    return tuple(_node("layers.", item.entry, item) for item in declaration.inner)


def _node(above: str, entry: int, item: Inner) -> Node:
    return Node(f"{above}{item.name}", entry, item.layer, item.input, item.declaration, item.name)
