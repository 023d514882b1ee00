"""Tables of text: a header, then rows of which each cell is a number or a word."""

import csv
import io
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

import numpy as np

from nnspec.extend import Array, Content, DataError, SourceFile

MISSING = {"", "?", "na", "n/a", "nan", "null"}

DEFAULT_LABEL = "label"
"""The column of classes where a spec names none."""


@dataclass(frozen=True)
class Columns:
    """A table's columns by name.

    Attributes:
        names: The columns that were read, in the header's order.
        numbers: Columns of numbers, (rows,) float32 each.
        words: Columns of words.
        lines: Line of the file on which each row ends.
        path: The file.
        file: Its name and hash.
    """

    names: tuple[str, ...]
    numbers: dict[str, Array]
    words: dict[str, list[str]]
    lines: list[int]
    path: Path
    file: SourceFile

    def __len__(self) -> int:
        return len(self.lines)

    def error(self, row: int, message: str) -> DataError:
        """The error that says on which line."""
        return DataError(f"{self.path}:{self.lines[row]}: {message}")


@dataclass(frozen=True)
class Reading:
    """How a table is to be read.

    Attributes:
        delimiter: What stands between two cells.
        encoding: How text is stored.
        numeric: Columns that must be numbers.
        words: Columns whose cells are words, though they may look like numbers.
        wanted: Columns that are read; None for all.
        ignored: Columns that are not read.
    """

    delimiter: str
    encoding: str
    numeric: tuple[str, ...]
    words: tuple[str, ...]
    wanted: tuple[str, ...] | None
    ignored: tuple[str, ...]

    def columns(self, path: Path) -> Columns:
        """Reads a table. Columns that the spec does not settle are what their first cell is.

        Raises:
            DataError: With file and line, for all that is wrong in the table.
        """
        with Content(path) as content:
            data = content.rest()
        rows = _rows(_decoded(data, self.encoding, path), self.delimiter, path)
        _, header = next(rows, (0, []))
        _check_header(header, self.delimiter, path)
        for name in (*self.numeric, *self.words, *(self.wanted or ()), *self.ignored):
            if name not in header:
                raise DataError(f"has no column `{name}`; {_instead(name, header)}", path)
        body = _Body(self, header, path)
        for line, cells in rows:
            body.add(line, cells)
        if not body.lines:
            raise DataError("holds a header but no rows", path)
        return body.columns(content.file)


class _Body:
    """Gathers rows; the first one tells numbers from words."""

    def __init__(self, reading: Reading, header: list[str], path: Path) -> None:
        self.reading = reading
        self.header = header
        self.path = path
        self.lines: list[int] = []
        self.values = array("d")
        self.numeric: list[int] = []
        self.words: dict[int, list[str]] = {}
        self.known: dict[str, str] = {}

    def add(self, line: int, cells: list[str]) -> None:
        if len(cells) != len(self.header):
            raise self._error(line, f"{len(cells)} cells where the header has {len(self.header)}")
        if not self.lines:
            self._settle(line, cells)
        self.lines.append(line)
        try:
            numbers = [float(cells[at]) for at in self.numeric]
        except ValueError:
            numbers = [self._number(line, at, cells[at]) for at in self.numeric]
        if not all(map(isfinite, numbers)):
            at = next(at for at in self.numeric if not isfinite(float(cells[at])))
            raise self._error(line, f"column `{self.header[at]}` has no finite number but `{cells[at]}`")
        self.values.extend(numbers)
        for at, words in self.words.items():
            words.append(self._word(line, at, cells[at]))

    def columns(self, file: SourceFile) -> Columns:
        with np.errstate(over="ignore"):
            values = np.array(self.values, np.float64).astype(np.float32)
        table = values.reshape(len(self.lines), len(self.numeric))
        for row in np.flatnonzero(~np.isfinite(table).all(axis=1))[:1]:
            raise self._error(self.lines[row], "holds a number beyond float32")
        return Columns(
            tuple(self.header[at] for at in sorted((*self.numeric, *self.words))),
            {self.header[at]: table[:, index] for index, at in enumerate(self.numeric)},
            {self.header[at]: words for at, words in self.words.items()},
            self.lines,
            self.path,
            file,
        )

    def _settle(self, line: int, cells: list[str]) -> None:
        reading = self.reading
        for at, (name, cell) in enumerate(zip(self.header, cells, strict=True)):
            if name in reading.ignored or (reading.wanted is not None and name not in reading.wanted):
                continue
            if name in reading.words:
                self.words[at] = []
            elif name in reading.numeric or _is_number(cell):
                self.numeric.append(at)
            elif cell.lower() in MISSING:
                raise self._missing(line, name, cell)
            else:
                self.words[at] = []

    def _number(self, line: int, at: int, cell: str) -> float:
        if _is_number(cell):
            return float(cell)
        name = self.header[at]
        if cell.lower() in MISSING:
            raise self._missing(line, name, cell)
        advice = "" if name in self.reading.numeric else f"; where these are words, say `categorical: [{name}]`"
        raise self._error(line, f"column `{name}` has `{cell}` where numbers are expected{advice}")

    def _word(self, line: int, at: int, cell: str) -> str:
        name = self.header[at]
        if cell in ("", "?"):
            raise self._missing(line, name, cell)
        if name not in self.reading.words and _is_number(cell):
            raise self._error(
                line,
                f"column `{name}` has the number {cell}, but words above; where these are words too, say "
                f"`categorical: [{name}]`",
            )
        # A column of a million words has a handful of different ones.
        return self.known.setdefault(cell, cell)

    def _missing(self, line: int, name: str, cell: str) -> DataError:
        return self._error(line, f"column `{name}` has a missing value (`{cell}`): fill it in, or drop the row")

    def _error(self, line: int, message: str) -> DataError:
        return DataError(f"{self.path}:{line}: {message}")


def _decoded(data: bytearray, encoding: str, path: Path) -> str:
    try:
        return data.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        # The error counts from behind a byte order mark.
        line, byte = error.object.count(b"\n", 0, error.start) + 1, error.object[error.start]
        raise DataError(
            f"{path}:{line}: byte 0x{byte:02x} is not {encoding}; store the file as UTF-8, or say "
            "what it is: `encoding: latin-1`"
        ) from error
    except UnicodeError as error:
        raise DataError(f"is not {encoding} ({error})", path) from error


def _rows(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != " ", strict=True
    )
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(f"{path}:{reader.line_num}: {error}") from error
        if cells is None:
            return
        if cells:
            yield reader.line_num, [cell.strip() for cell in cells]


def _check_header(header: Sequence[str], delimiter: str, path: Path) -> None:
    if not header:
        raise DataError("is empty; expected a header and rows", path)
    if len(header) == 1:
        others = [other for other in (";", "\t", ",", "|") if other != delimiter and other in header[0]]
        advice = f"; is it `delimiter: {others[0]!r}`?" if others else ""
        raise DataError(f"has a single column, `{header[0]}`, expected inputs and what to predict{advice}", path)
    if "" in header:
        raise DataError(f"{path}:1: the header has a column without a name")
    name, times = Counter(header).most_common(1)[0]
    if times > 1:
        raise DataError(f"{path}:1: the header has two columns named `{name}`")


def _instead(name: str, header: Sequence[str]) -> str:
    near = get_close_matches(name.lower(), [known.lower() for known in header], n=1)
    if near:
        return f"did you mean `{next(known for known in header if known.lower() == near[0])}`?"
    shown = ", ".join(header[:20])
    there = f"there are {shown}" + (", ..." if len(header) > 20 else "")
    if name == DEFAULT_LABEL:
        return (
            f"{there}: say with `label` which holds the classes, or with `target` which holds numbers to predict"
        )
    return there


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
