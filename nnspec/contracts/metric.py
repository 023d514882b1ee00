"""Metric: what a reader wants to know about outputs and targets, gathered batch by batch."""

from typing import ClassVar, Literal, Self

from nnspec.contracts.part import Part
from nnspec.contracts.targets import Targets
from nnspec.types import Array

Value = float | list[float] | list[list[float]]


class Metric(Part):
    """Each batch yields an array of partial sums; the sums of all batches yield the result.

    A metric of a single figure leaves `measure` as sums that simply add, so that the order and the number of
    batches do not matter.
    """

    kinds: ClassVar[tuple[str, ...]] = ("metrics",)
    better: ClassVar[Literal["higher", "lower"] | None] = "higher"
    """Which way is good: early stopping, the best checkpoint and reports go by it. None for a metric whose result
    is a list or a table, and no single figure."""

    @property
    def single(self) -> bool:
        """Whether the result is one figure, by which epochs can be compared."""
        return self.better is not None

    def settle(self, targets: Targets) -> Self:
        """The metric for data like this; see `Cost.settle`.

        Raises:
            TargetsError: It says nothing of such targets.
        """
        return self

    def measure(self, y: Array, t: Array) -> Array:
        """Partial sums of one batch, of a fixed shape, float64.

        Args:
            y: Outputs, (*shape, N).
            t: Targets, (*shape, N); one-hot columns where the data has classes.
        """
        raise NotImplementedError

    def result(self, total: Array) -> Value:
        """The figure (or the table) that the summed-up partial sums amount to."""
        raise NotImplementedError

    def text(self, total: Array) -> str:
        """The figure as a progress line shows it."""
        value = self.result(total)
        return f"{value:.4f}" if isinstance(value, float) else ""
