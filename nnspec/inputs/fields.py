"""Rows of text, cell by cell, made into samples: the columns that a run's inputs come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from nnspec.errors import UsageError
from nnspec.registry.suggestions import closest
from nnspec.runs.opened import OpenedRun
from nnspec.types import Array, size

SHOWN = 12
"""So many names are listed in a message."""


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        name: Its name; empty where inputs have none.
        words: What may stand in it, where it holds words: each is an input of its own, 1 or 0.
    """

    name: str
    words: tuple[str, ...] = ()

    def values(self, cell: str) -> list[float]:
        """The inputs that a cell stands for.

        Raises:
            UsageError: It is no finite number, or none of the words.
        """
        if self.words:
            return self._coded(cell)
        try:
            value = float(cell)
        except ValueError:
            raise UsageError(f"`{cell}` is no number{self._place}") from None
        if not isfinite(value):
            raise UsageError(f"`{cell}` is no finite number{self._place}")
        return [value]

    def _coded(self, cell: str) -> list[float]:
        if cell not in self.words:
            near = closest(cell, self.words)
            hint = f"did you mean `{near}`?" if near else f"one of: {_listed(self.words)}"
            raise UsageError(f"`{cell}` is none of the words of `{self.name}`; {hint}")
        return [float(word == cell) for word in self.words]

    @property
    def _place(self) -> str:
        return f", as `{self.name}` needs it" if self.name else ""


class Fields:
    """The columns of a run's samples, in order."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)

    @classmethod
    def of(cls, run: OpenedRun) -> "Fields":
        """The columns that a run was trained on."""
        data = run.facts["dataset"]
        features: list[str] = data["features"]
        if not features:
            return cls([Field("")] * size(run.sample_shape))
        if data["loader"] != "csv":
            return cls([Field(name) for name in features])
        # The csv loader names the inputs that a column of words becomes `colour=red`, `colour=green`.
        words: dict[str, list[str]] = {}
        for feature in features:
            name, equals, word = feature.partition("=")
            words.setdefault(name if equals else feature, []).extend([word] if equals else [])
        return cls([Field(name, tuple(found)) for name, found in words.items()])

    def __len__(self) -> int:
        return len(self.fields)

    @property
    def worded(self) -> bool:
        """Whether a column holds words."""
        return any(field.words for field in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns; empty where they have none."""
        return tuple(field.name for field in self.fields if field.name)

    @property
    def expected(self) -> str:
        """What a row must hold, in words."""
        count = f"{len(self)} value{'s' * (len(self) != 1)}"
        return f"{count} ({_listed(self.names)})" if self.names else count

    def row(self, cells: Sequence[str]) -> Array:
        """One sample, (inputs,).

        Raises:
            UsageError: There are too many or too few cells, or one does not fit.
        """
        if len(cells) != len(self):
            raise UsageError(f"expected {self.expected}, found {len(cells)}")
        pairs = zip(self.fields, cells, strict=True)
        return np.array([value for field, cell in pairs for value in field.values(cell)])

    def places(self, header: Sequence[str]) -> list[int] | None:
        """Where a table has these columns; None where its first line is no header.

        Raises:
            UsageError: It is a header, but lacks a column.
        """
        if not self.names:
            return None if all(is_number(cell) for cell in header) else list(range(len(header)))
        missing = [name for name in self.names if name not in header]
        if not missing:
            return [header.index(name) for name in self.names]
        if len(missing) == len(self.names) and any(is_number(cell) for cell in header):
            return None
        raise UsageError(f"the header has no column `{missing[0]}`; expected {self.expected}")


def is_number(cell: str) -> bool:
    """Whether a text reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown}, ... {names[-1]}"
