"""Layer: declares shapes and parameters, then maps batches forward and gradients back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, ClassVar

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.initializer import Initializer
from nnspec.contracts.part import Part, complete
from nnspec.types import Array, Shape

Forward = Callable[[Array], Array]
"""A forward pass made ready for batches of one size: from (*shape, N) to (*output, N)."""
Backward = Callable[[Array], Array | None]
"""A backward pass likewise: from the gradient by the output to that by the input."""


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

    Of `forward` and `bind_forward` an author writes one, of `backward` and `bind_backward` likewise: the other
    follows. Who binds looks up buffers and parameters once and not in every step, which saves some tenths of a
    microsecond a pass: worth it where the arithmetic itself takes hardly longer.
    """

    kinds: ClassVar[tuple[str, ...]] = ("layers", "activations")
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    """Between which bounds outputs can lie; a cost that needs probabilities checks it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for way in ("forward", "backward"):
            bind = f"bind_{way}"
            as_layer, as_bound = getattr(Layer, way), getattr(Layer, bind)
            complete(cls, way, bind, partial(_by_binding, as_layer), partial(_by_calling, as_bound))

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

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        """`forward` for all batches of a size, with what is the same for all of them looked up beforehand.

        Args:
            x: The first of the batches, (*shape, N).
            p: The layer's parameters by name; other numbers in each step, in the same arrays.
            ctx: As for `forward`; ``ctx.x`` is set before each call of what is returned, ``ctx.y`` after it.

        Returns:
            What takes a batch, and does with it what `forward` does, to the last bit.
        """
        raise NotImplementedError

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        """Fills ``g`` with the parameters' gradients and returns the input's.

        Args:
            dy: Gradient of the cost with respect to the output, (*output, N), read-only; perhaps times a number,
                such as the learning rate. What comes of it is that many times as large, too.
            p: The layer's parameters by name.
            g: Their gradients, to be overwritten (not added to).
            ctx: As in the forward pass of the same step; ``ctx.x`` and ``ctx.y`` are that pass's arrays.

        Returns:
            (*shape, N), or None where ``ctx.needs_input_gradient`` is False.
        """
        raise NotImplementedError

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        """`backward` for all batches of a size, as `bind_forward` is `forward`.

        Args:
            dy: The first of the gradients, (*output, N).
            p: The layer's parameters by name.
            g: Their gradients, in the same arrays in each step.
            ctx: As for `backward`; ``ctx.x`` and ``ctx.y`` may be other arrays in each step.

        Returns:
            What takes a gradient, and does with it what `backward` does, to the last bit.
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


def _by_binding(method: Callable[..., Any], bind: Callable[..., Any]) -> Callable[..., Any]:
    """`forward` or `backward` of a class that binds: by its own binding, as a subclass's may call it."""

    @wraps(method)
    def run(self: Layer, given: Array, *others: Any, **named: Any) -> Any:
        return bind(self, given, *others, **named)(given)

    return run


def _by_calling(method: Callable[..., Any], call: Callable[..., Any]) -> Callable[..., Any]:
    """`bind_forward` or `bind_backward` of a class that does not bind: by its own pass, for the same reason."""

    @wraps(method)
    def bind(self: Layer, _first: Array, *others: Any, **named: Any) -> Callable[..., Any]:
        return lambda given: call(self, given, *others, **named)

    return bind
