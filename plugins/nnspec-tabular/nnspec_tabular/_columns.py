"""Columns of numbers and of words, and the data set that they make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnspec.extend import Array, DataError

Words = tuple[str, ...]
MOST_WORDS = 1000


@dataclass(frozen=True)
class Table:
    """A table as a file holds it.

    Attributes:
        columns: Floats, whole numbers or words, (rows,) each, by name.
        path: The file, for messages.
    """

    columns: Mapping[str, Array]
    path: Path

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> Array:
        """A column.

        Raises:
            DataError: There is none of this name.
        """
        if name not in self.columns:
            raise DataError(f"has no column `{name}`; there are {', '.join(self.columns)}", self.path)
        return self.columns[name]

    def rows(self, places: Array) -> "Table":
        """Some of the rows."""
        return Table({name: column[places] for name, column in self.columns.items()}, self.path)


def words_of(table: Table, name: str) -> Words:
    """The different words of a column in order; whole numbers are words by their value."""
    return tuple(str(word) for word in np.unique(table.column(name)))


def encoded(table: Table, name: str, words: Words) -> Array:
    """The words of a column as their places among the words that are known.

    Raises:
        DataError: A word is none of them.
    """
    places = {word: place for place, word in enumerate(words)}
    found = [str(word) for word in table.column(name)]
    for row, word in enumerate(found):
        if word not in places:
            raise DataError(
                f"row {row + 1}, column `{name}`: `{word}` is not among the words to learn from: "
                f"{', '.join(words[:20])}",
                table.path,
            )
    return np.array([places[word] for word in found], np.int64)


class Features:
    """Which inputs the rows to learn from have: a column of numbers each, and one for each word of the others."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self.words: dict[str, Words | None] = {}
        for name in names:
            is_text = table.column(name).dtype.kind == "U"
            words = words_of(table, name) if is_text else None
            if words and len(words) > MOST_WORDS:
                raise DataError(
                    f"column `{name}` has {len(words)} different words: too many for categories; leave it out: "
                    f"`ignore: [{name}]`",
                    table.path,
                )
            self.words[name] = words

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each input."""
        return tuple(self._names())

    def _names(self) -> Iterator[str]:
        for name, words in self.words.items():
            yield from [name] if words is None else [f"{name}={word}" for word in words]

    def inputs(self, table: Table) -> Array:
        """The inputs of a table with the same columns, (rows, inputs)."""
        stacked = []
        for name, words in self.words.items():
            if words is None:
                stacked.append(numbers(table, [name]))
            else:
                stacked.append(np.eye(len(words), dtype=np.float32)[encoded(table, name, words)])
        return np.concatenate(stacked, axis=1)


def numbers(table: Table, names: Sequence[str]) -> Array:
    """Columns of numbers beside each other, (rows, columns) float32.

    Raises:
        DataError: One holds words, or what float32 does not hold.
    """
    for name in names:
        if table.column(name).dtype.kind == "U":
            raise DataError(f"column `{name}` holds words where numbers are expected", table.path)
    with np.errstate(over="ignore"):
        stacked = np.column_stack([table.column(name) for name in names]).astype(np.float32)
    if not np.isfinite(stacked).all():
        row, column = (int(place) for place in np.argwhere(~np.isfinite(stacked))[0])
        raise DataError(f"row {row + 1}, column `{names[column]}`: no finite number of float32", table.path)
    return stacked
