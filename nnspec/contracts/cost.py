"""Cost: how far a batch of outputs is from its targets, as a mean over the batch."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from nnspec.contracts.activation import Family
from nnspec.contracts.context import Context
from nnspec.contracts.part import Part
from nnspec.contracts.targets import Targets
from nnspec.types import Array


class Cost(Part):
    """Targets always have the shape of the outputs; class labels arrive as one-hot columns.

    A cost with a `family` also states itself in terms of the last activation's input, the logits ``z``. The
    network then leaves that activation's backward pass out: same result, fewer steps, stable for any logits.
    """

    kinds: ClassVar[tuple[str, ...]] = ("costs",)
    family: ClassVar[Family | None] = None
    """The family of activations whose logits it takes, by `logit_value` and `logit_gradient`."""
    domain: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    """Between which bounds outputs must lie for the cost to be defined."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls).keys()
        if not own.isdisjoint({"value", "gradient"}) and "value_and_gradient" not in own:
            # What is inherited would know nothing of them.
            cls.value_and_gradient = Cost.value_and_gradient  # type: ignore[method-assign]

    def settle(self, targets: Targets) -> Self:
        """The cost for data like this: what an option leaves to the data (`balanced`, say) is filled in.

        Called twice: before data is read with what is known then, and afterwards with all of it. What comes of it
        is the cost that a run folder's spec holds.

        Raises:
            TargetsError: An option does not fit the targets.
        """
        return self

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        """The mean over the batch.

        Args:
            y: Outputs, (*shape, N).
            t: Targets, (*shape, N).
            ctx: Buffers.
        """
        raise NotImplementedError

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        """The gradient of `value` with respect to ``y``, (*shape, N); it carries the factor 1/N."""
        raise NotImplementedError

    def value_and_gradient(self, y: Array, t: Array, ctx: Context) -> tuple[float, Array]:
        """`value` and `gradient`, as a training step asks for them; overridden where they share work."""
        return self.value(y, t, ctx), self.gradient(y, t, ctx)

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        """`value`, computed from the logits behind ``y``. Only asked of a cost with a `family`."""
        raise NotImplementedError

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        """The gradient with respect to the logits. Only asked of a cost with a `family`."""
        raise NotImplementedError

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        """The arithmetic behind one number, for `nnspec explain`; see `Layer.spell`.

        Args:
            quantity: ``C`` for the cost, ``y`` or ``z`` for the gradient with respect to outputs or logits.
            index: Which element of it, the batch not counted.
            values: ``y``, ``t`` (and ``z``) of the one sample without the batch axis.
        """
        return ""
