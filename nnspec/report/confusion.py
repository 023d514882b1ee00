"""Which classes are taken for which: shares, shades and a sentence."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnspec.report.facts import Run
from nnspec.report.pictures import shares_uri
from nnspec.report.wording import count, listing, percent
from nnspec.types import Array

RIGHT, WRONG = (0, 114, 178), (213, 94, 0)
"""Colours of right and wrong answers in the picture of a large table; the style sheet has the same."""
PICTURED = 30
"""Tables of more classes are shown as a picture."""
NAMED = 4
"""So many confusions are named in the sentence."""


@dataclass(frozen=True)
class ClassRecord:
    """How a class fared.

    Attributes:
        name: Its name.
        samples: How many there were of it.
        right: How many of them were answered right.
        answered: How often it was answered, rightly or not.
        rival: What it was most often taken for, and how often; None where it never was.
    """

    name: str
    samples: int
    right: int
    answered: int
    rival: tuple[str, int] | None

    @property
    def recall(self) -> str:
        """Share of its samples that were answered right."""
        return percent(self.right / self.samples, 1) if self.samples else "–"

    @property
    def precision(self) -> str:
        """Share of its answers that were right."""
        return percent(self.right / self.answered, 1) if self.answered else "–"

    @property
    def f1(self) -> str:
        """The harmonic mean of both."""
        return percent(2 * self.right / (self.samples + self.answered), 1) if self.samples + self.answered else "–"


@dataclass(frozen=True)
class Cell:
    """A cell of the table.

    Attributes:
        count: Samples in it.
        shade: From 0 to 1, how strongly it is coloured.
        right: Whether it counts right answers.
    """

    count: int
    shade: str
    right: bool


class Confusion:
    """A confusion table, ready to be looked at.

    Attributes:
        counts: (K, K), rows: what it was, columns: what it was taken for.
        names: Of the classes.
    """

    def __init__(self, run: Run, counts: Array) -> None:
        self.counts = counts
        self.names = tuple(run.class_name(number) for number in range(len(counts)))

    @property
    def pictured(self) -> bool:
        """Whether the table is too large to be read, and so a picture."""
        return len(self.names) > PICTURED

    @property
    def total(self) -> int:
        """Samples counted."""
        return int(self.counts.sum())

    @property
    def right(self) -> int:
        """Samples answered right."""
        return int(np.trace(self.counts))

    @cached_property
    def records(self) -> list[ClassRecord]:
        """The classes in their order."""
        wrong = self._wrong
        rivals = wrong.argmax(axis=1).tolist()
        return [
            ClassRecord(
                name=name,
                samples=int(self.counts[number].sum()),
                right=int(self.counts[number, number]),
                answered=int(self.counts[:, number].sum()),
                rival=(self.names[rivals[number]], int(wrong[number].max())) if wrong[number].any() else None,
            )
            for number, name in enumerate(self.names)
        ]

    @property
    def hardest_first(self) -> list[ClassRecord]:
        """The classes by recall, the lowest first; classes without samples last."""
        return sorted(self.records, key=lambda record: record.right / record.samples if record.samples else 2)

    @property
    def rows(self) -> list[list[Cell]]:
        """The cells, row by row."""
        shades = self._shades
        return [
            [
                Cell(int(number), f"{shades[row, column]:.2f}", row == column)
                for column, number in enumerate(self.counts[row])
            ]
            for row in range(len(self.names))
        ]

    @property
    def picture(self) -> str:
        """The table as a PNG data URI."""
        return shares_uri(self._shades, RIGHT, WRONG)

    @property
    def sentence(self) -> str:
        """The confusions that happen most often."""
        wrong = self._wrong
        if not wrong.any():
            return "There are no mistakes: no class was taken for another."
        order = np.argsort(-wrong, axis=None, kind="stable")[:NAMED]
        named = [
            f"{self.names[row]} for {self.names[column]} ({count(int(wrong[row, column]))} of "
            f"{count(int(self.counts[row].sum()))})"
            for row, column in (divmod(int(place), len(wrong)) for place in order)
            if wrong[row, column]
        ]
        return f"Most often taken for another: {listing(named)}."

    @cached_property
    def _wrong(self) -> Array:
        return self.counts * ~np.eye(len(self.counts), dtype=bool)

    @cached_property
    def _shades(self) -> Array:
        """Right answers by their share of the row; wrong ones by their root, since a few are what matters."""
        samples = np.maximum(self.counts.sum(axis=1, keepdims=True), 1)
        most = max(1, int(self._wrong.max(initial=0)))
        return np.where(np.eye(len(self.counts), dtype=bool), self.counts / samples, np.sqrt(self._wrong / most))
