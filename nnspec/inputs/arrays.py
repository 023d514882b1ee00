"""Arrays of samples from .npy, .npz and .csv files."""

import csv
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from nnspec.errors import DataError, UsageError
from nnspec.files.arrays import Archive, map_npy
from nnspec.inputs.fields import Fields
from nnspec.registry.suggestions import closest
from nnspec.types import Array

Result = TypeVar("Result")
DELIMITERS = (",", ";", "\t")
NPY, ZIP = b"\x93NUMPY", b"PK"


def read_npy(path: Path) -> Array:
    """The array of a .npy file.

    Raises:
        DataError: It is no such file, or damaged.
    """
    if _starts(path, ZIP):
        raise DataError("is an .npz file by its content; let its name end so", path)
    return map_npy(path)


def read_npz(path: Path, name: str | None) -> Array:
    """An array of a .npz file.

    Args:
        path: The file.
        name: Which array; None for the first.

    Raises:
        DataError: It is no such file, is damaged, or has no such array.
    """
    if _starts(path, NPY):
        raise DataError("is an .npy file by its content; let its name end so", path)
    archive = Archive(_content(path), path)
    return archive.array(_array_name(archive.names, name, path))


def _starts(path: Path, magic: bytes) -> bool:
    return _content(path, len(magic)) == magic


def _content(path: Path, length: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(length)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path) from error


def _array_name(names: list[str], name: str | None, path: Path) -> str:
    if not names:
        raise DataError("holds no arrays", path)
    if name is None or name in names:
        return name or names[0]
    near = closest(name, names)
    hint = f"did you mean `{near}`?" if near else f"there are {', '.join(names)}"
    raise DataError(f"has no array `{name}`; {hint}", path)


def read_csv(path: Path, fields: Fields) -> tuple[Array, list[int]]:
    """The samples of a table of text, with or without a header.

    Args:
        path: The file. Under a header columns are found by name, and others are passed over.
        fields: The columns wanted.

    Returns:
        Samples (rows, inputs), and the line of the file that each stands on.

    Raises:
        DataError: It is no such table; the message says on which line.
    """
    rows = _rows(path)
    line, first = next(rows, (0, []))
    if not first:
        raise DataError("is empty; expected a row for each sample", path)
    places = _at(path, line, fields.places, first)
    if places is None:
        # No header: the first line is a sample like any other.
        rows, places = chain([(line, first)], rows), list(range(len(fields)))
        first = list(fields.names) or first[: len(fields)]
    samples, lines = [], []
    for line, cells in rows:
        if len(cells) != len(first):
            raise DataError(f"{path}:{line}: expected {len(first)} cells, found {len(cells)}")
        samples.append(_at(path, line, fields.row, [cells[place] for place in places]))
        lines.append(line)
    if not samples:
        raise DataError("holds a header but no rows", path)
    return np.stack(samples), lines


def _at(path: Path, line: int, read: Callable[[Sequence[str]], Result], cells: Sequence[str]) -> Result:
    """What is read of cells, errors saying where they stand."""
    try:
        return read(cells)
    except UsageError as error:
        raise DataError(f"{path}:{line}: {error}") from error


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with its line, cells stripped."""
    try:
        text = _content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("is no UTF-8 text", path) from error
    lines = text.splitlines()
    delimiter = max(DELIMITERS, key=lines[0].count) if lines else ","
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DataError(f"{path}:{reader.line_num}: {error}") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]
