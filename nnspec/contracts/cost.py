"""Cost: how far a batch of outputs is from its targets, as a mean over the batch."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from nnspec.contracts.activation import Family
from nnspec.contracts.context import Context
from nnspec.contracts.part import Part, nearest
from nnspec.contracts.targets import Targets
from nnspec.types import Array

Judge = Callable[[Array, Array, float], tuple[float, Array]]
"""From outputs, targets and a scale: the cost, and its gradient by the outputs multiplied by the scale."""
LogitJudge = Callable[[Array, Array, Array, float], tuple[float, Array]]
"""From logits, outputs, targets and a scale: the cost, and its gradient by the logits multiplied by the scale."""


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
        for bound, *spelled in (("bind", "value", "gradient"), ("bind_logits", "logit_value", "logit_gradient")):
            if nearest(cls, *spelled) < nearest(cls, bound):
                # What is inherited from farther away would know nothing of them.
                setattr(cls, bound, getattr(Cost, bound))

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

    def bind(self, y: Array, t: Array, ctx: Context) -> Judge:
        """`value` and `gradient` for all batches of a size, as a training step asks for them.

        To be overridden where they share work, or to look up once what is the same in every step.

        Args:
            y: Outputs of the first of the batches, (*shape, N).
            t: Their targets, (*shape, N).
            ctx: Buffers.
        """
        return lambda y, t, scale: (self.value(y, t, ctx), _scaled(self.gradient(y, t, ctx), scale, ctx))

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        """`value`, computed from the logits behind ``y``. Only asked of a cost with a `family`."""
        raise NotImplementedError

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        """The gradient with respect to the logits. Only asked of a cost with a `family`."""
        raise NotImplementedError

    def bind_logits(self, z: Array, y: Array, t: Array, ctx: Context) -> LogitJudge:
        """`logit_value` and `logit_gradient` likewise. Only asked of a cost with a `family`."""

        def judge(z: Array, y: Array, t: Array, scale: float) -> tuple[float, Array]:
            return self.logit_value(z, y, t, ctx), _scaled(self.logit_gradient(z, y, t, ctx), scale, ctx)

        return judge

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        """The arithmetic behind one number, for `nnspec explain`; see `Layer.spell`.

        Args:
            quantity: ``C`` for the cost, ``y`` or ``z`` for the gradient with respect to outputs or logits.
            index: Which element of it, the batch not counted.
            values: ``y``, ``t`` (and ``z``) of the one sample without the batch axis.
        """
        return ""


def _scaled(gradient: Array, scale: float, ctx: Context) -> Array:
    return gradient if scale == 1 else np.multiply(gradient, scale, out=ctx.buffer_like("scaled", gradient))
