"""Layer: declares shapes and parameters, then maps batches forward and gradients back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.initializer import Initializer
from nnspec.contracts.part import Part
from nnspec.types import Array, Shape


@dataclass(frozen=True)
class Parameter:
    """One trained array of a layer.

    Attributes:
        shape: Its shape; weights are (outputs, inputs), biases (outputs, 1).
        initializer: Fills it before training.
        fan_in: Inputs that one output sums over; initializers scale by it.
        fan_out: Outputs that one input reaches.
        decays: Whether regularizers act on it: yes for weights, no for biases and the like.
    """

    shape: Shape
    initializer: Initializer
    fan_in: int
    fan_out: int
    decays: bool = True


@dataclass(frozen=True)
class State:
    """One array that a layer keeps from step to step without training it, such as a running mean.

    Training steps update it in place, evaluation only reads it; checkpoints hold it.

    Attributes:
        shape: Its shape.
        fill: The number that it is full of before training.
    """

    shape: Shape
    fill: float = 0.0


@dataclass(frozen=True)
class Inner:
    """One layer at its place in a stack.

    Attributes:
        name: What it is called there: ``0``, ``0.activation`` for what an entry appends, ``shortcut.0``.
        entry: Which entry of the list it comes from, counted from 0.
        layer: The part.
        input: Shape of one input sample.
        declaration: What it makes of it.
    """

    name: str
    entry: int
    layer: "Layer"
    input: Shape
    declaration: "Declaration"


@dataclass(frozen=True)
class Declaration:
    """What a layer makes of an input shape.

    Attributes:
        output: Shape of one output sample.
        parameters: The layer's parameters by name, in a fixed order.
        state: What it keeps from step to step, by name; handed in as ``ctx.state``.
        multiplications: Multiply-adds of one forward pass of one sample, for `nnspec show`.
        inner: The layers within it, whose parameters and state are its own, by longer names: ``0.W``.
    """

    output: Shape
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    state: Mapping[str, State] = field(default_factory=dict)
    multiplications: int = 0
    inner: tuple[Inner, ...] = ()

    @classmethod
    def around(cls, output: Shape, inner: Sequence[Inner]) -> "Declaration":
        """The declaration of a layer that has nothing of its own but the layers within it.

        Args:
            output: Shape of one output sample.
            inner: All layers within it; their names differ.
        """
        named = [(item.name, item.declaration) for item in inner]
        return cls(
            output,
            {f"{name}.{key}": found for name, made in named for key, found in made.parameters.items()},
            {f"{name}.{key}": found for name, made in named for key, found in made.state.items()},
            sum(made.multiplications for _, made in named),
            tuple(inner),
        )

    @property
    def depth_count(self) -> int:
        """How many layers there are within, at any depth."""
        return sum(1 + item.declaration.depth_count for item in self.inner)


class Layer(Part):
    """One layer of the stack.

    Results go to ``ctx.buffer(...)`` so that a step allocates nothing; fresh arrays are slower and still right.
    """

    kinds: ClassVar[tuple[str, ...]] = ("layers", "activations")
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    """Between which bounds outputs can lie; a cost that needs probabilities checks it."""

    @property
    def codes(self) -> int | None:
        """How many codes there are, for a layer whose inputs are codes, whole numbers from 0; None for numbers."""
        return None

    def declare(self, shape: Shape) -> Declaration:
        """Output shape and parameters for an input sample of this shape.

        Raises:
            ShapeError: The layer cannot take the shape; its hint says what to insert or change.
        """
        raise NotImplementedError

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        """The output batch.

        Args:
            x: (*shape, N), read-only.
            p: The layer's parameters by name.
            ctx: Buffers, generator, and whether this is training.

        Returns:
            (*output, N).
        """
        raise NotImplementedError

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        """Fills ``g`` with the parameters' gradients and returns the input's.

        Args:
            dy: Gradient of the cost with respect to the output, (*output, N), read-only.
            p: The layer's parameters by name.
            g: Their gradients, to be overwritten (not added to).
            ctx: As in the forward pass of the same step; ``ctx.x`` and ``ctx.y`` are that pass's arrays.

        Returns:
            (*shape, N), or None where ``ctx.needs_input_gradient`` is False.
        """
        raise NotImplementedError

    def expand(self) -> tuple["Layer", ...]:
        """The layers that the stack holds for this entry: itself, and what an ``activation:`` appends."""
        return (self,)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        """The arithmetic behind one number, for `nnspec explain`: ``0.15*0.05 + 0.2*0.1 + 0.35``.

        Args:
            quantity: ``y`` for the output, ``x`` for the input's gradient, or a parameter's name for its gradient.
            index: Which element of it, the batch not counted.
            values: ``x``, ``y``, ``dy`` of the one sample without the batch axis, and the parameters.

        Returns:
            The expression, or an empty string where the formula alone must do.
        """
        return ""
