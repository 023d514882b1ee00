"""Transform: what is done to inputs on their way from the data set to the first layer."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from nnspec.contracts.context import Context
from nnspec.contracts.part import Part
from nnspec.types import Array, Shape


class Transform(Part):
    """Learns what it must from the training split once (`fit`), then applies it batch by batch."""

    kinds: ClassVar[tuple[str, ...]] = ("transforms",)

    def shape(self, shape: Shape) -> Shape:
        """Shape of one sample behind the transform.

        Raises:
            ShapeError: The transform cannot take the shape.
        """
        return shape

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        """What must be known of the training inputs, by name; kept in the checkpoint.

        Args:
            batches: The training inputs as the transforms before this one leave them, each (*shape, N).
        """
        return {}

    def targets(self, t: Array, ctx: Context) -> Array:
        """The targets of the batch that `apply` was given last, for transforms that mix samples.

        Asked after `apply` in training alone. What was drawn there is best left in buffers of ``ctx``.

        Args:
            t: The targets, (*output, N), read-only.
            ctx: The one that `apply` had.

        Returns:
            (*output, N).
        """
        return t

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        """The transformed batch, (*shape, N), in ``ctx.dtype``.

        Integers that are moved and not changed may keep their type, so that `scale` behind still sees bytes.

        Args:
            x: The batch, read-only; of the data's own type (uint8, say) for the first transform.
            fitted: What `fit` returned.
            ctx: Buffers, and a generator to draw from where ``ctx.training`` is set, and only there.
        """
        raise NotImplementedError
