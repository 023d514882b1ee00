"""Optimizer: a handful of in-place operations on pieces of the flat parameter vector."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, ClassVar

from pydantic import Field

from nnspec.contracts.part import Part, complete, nearest
from nnspec.types import Array


@dataclass(eq=False)
class Piece:
    """A stretch of the flat vectors, small enough to stay in the cache while it is worked on; or all of them.

    Attributes:
        weights: The parameters, (K,); to be updated in place.
        gradient: Their gradient, (K,); may be overwritten.
        slots: The optimizer's running state by name, each (K,); zero before the first step.
        scratch: Working memory, (K,).
        decays: Whether regularizers act on these parameters, and decoupled decay too: weights, not biases.
    """

    weights: Array
    gradient: Array
    slots: Mapping[str, Array]
    scratch: Array
    decays: bool = True

    def __setattr__(self, name: str, value: object) -> None:
        # `piece.weights -= x` hands back the very array that it has changed in place.
        if value is not vars(self).get(name, value):
            advice = f"`piece.{name}[...] = ` or `piece.{name} -= ` writes to the network"
            raise AttributeError(f"`piece.{name}` would be another array, which nobody looks at; {advice}")
        super().__setattr__(name, value)


Update = Callable[[float, int], None]
"""An update made ready for one piece: takes the rate of a step and its number, counted from 1."""


class Optimizer(Part):
    """Updates parameters from gradients. What it remembers between steps lies in its slots alone.

    Of `update` and `bind` an author writes one; the other follows. Who binds looks up arrays, and turns options
    into numbers of their type, once and not in every step: worth it for small networks.
    """

    kinds: ClassVar[tuple[str, ...]] = ("optimizers",)
    slots: ClassVar[tuple[str, ...]] = ()
    """Names of the running state kept for each parameter."""
    whole: ClassVar[bool] = False
    """Whether it must see all parameters as one piece, for sums over them; else pieces are cut anywhere."""
    heeds_decay: ClassVar[bool] = True
    """Whether `update` looks at `Piece.decays`; where it does not, weights and biases may be one piece."""
    proportional: ClassVar[bool] = False
    """Whether `update` subtracts rate times gradient and does no more: then gradients may come with the rate in
    them already, and the rate is 1."""
    full_batch: ClassVar[bool] = False
    """Whether the gradient in each step must be that of all samples."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # What is inherited from farther away was said of another method.
        update = nearest(cls, "update", "bind")
        if update < nearest(cls, "proportional"):
            cls.proportional = False
        if update < nearest(cls, "heeds_decay"):
            cls.heeds_decay = True
        complete(cls, "update", "bind", _by_binding, _by_calling)

    learning_rate: Annotated[float, Field(gt=0, description="step size; scales the update")]

    def slot_names(self) -> tuple[str, ...]:
        """Names of the running state, where they depend on options; by default the class's `slots`."""
        return self.slots

    def update(self, piece: Piece, rate: float, step: int) -> None:
        """Moves ``piece.weights`` by one step. Pieces of a large network are updated in several threads at a time.

        Args:
            piece: Views into the flat vectors.
            rate: The learning rate of this step.
            step: Steps taken so far, this one included: 1 in the first.
        """
        raise NotImplementedError

    def bind(self, piece: Piece) -> Update:
        """`update` for all steps of a piece, with what is the same in all of them looked up beforehand.

        Args:
            piece: Views into the flat vectors. What is in them is not yet what it is when the first step comes.

        Returns:
            What moves ``piece.weights`` by one step, as `update` does, to the last bit.
        """
        raise NotImplementedError

    def spell(self, weight: float, gradient: float, rate: float) -> str:
        """The arithmetic of the first update of one parameter, for `nnspec explain`."""
        return ""


def _by_binding(bind: Callable[..., Update]) -> Callable[..., None]:
    @wraps(Optimizer.update)
    def update(self: Optimizer, piece: Piece, rate: float, step: int) -> None:
        bind(self, piece)(rate, step)

    return update


def _by_calling(update: Callable[..., None]) -> Callable[..., Update]:
    @wraps(Optimizer.bind)
    def bind(self: Optimizer, piece: Piece) -> Update:
        return lambda rate, step: update(self, piece, rate, step)

    return bind
