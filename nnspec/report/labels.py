"""How each label of samples with several was answered."""

from dataclasses import dataclass

from nnspec.report.wording import percent
from nnspec.types import Array


@dataclass(frozen=True)
class LabelRecord:
    """How a label fared.

    Attributes:
        name: Its name.
        samples: How many have it.
        answered: How often it was answered, rightly or not.
        right: How often rightly.
    """

    name: str
    samples: int
    answered: int
    right: int

    @property
    def recall(self) -> str:
        """Share of the samples with it that were found."""
        return percent(self.right / self.samples, 1) if self.samples else "–"

    @property
    def precision(self) -> str:
        """Share of its answers that were right."""
        return percent(self.right / self.answered, 1) if self.answered else "–"

    @property
    def f1(self) -> str:
        """The harmonic mean of both."""
        return percent(2 * self.right / (self.samples + self.answered), 1) if self.samples + self.answered else "–"


def label_records(counts: Array, names: tuple[str, ...]) -> list[LabelRecord]:
    """The labels in their order.

    Args:
        counts: (3, labels): samples that have it, answers that say so, and those of them that are right.
        names: What the labels are called.
    """
    named = names if len(names) == counts.shape[1] else tuple(str(number) for number in range(counts.shape[1]))
    return [LabelRecord(name, *map(int, column)) for name, column in zip(named, counts.T, strict=True)]
