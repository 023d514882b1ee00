"""Targets as they lie in files to targets as a `Split` has them: class numbers from 0, or rows of float32."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Strict
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, DataError, Field

MOST_CLASSES = 10_000
LONGEST_NUMBER = 1000
"""Digits of what is still ordered by number; Python refuses to read numbers of some thousands."""


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise PydanticCustomError("class_names", "every class needs a name of its own, but one comes twice")
    return names


Names = Annotated[tuple[str, ...], Strict(strict=False), AfterValidator(_distinct), Field(min_length=2)]
ClassNames = Annotated[Names | None, Field(description="names of the classes, in the order of their numbers")]
Task = Annotated[
    Literal["classification", "regression"] | None,
    Field(description="what targets are; by default classes where they are whole numbers, words or one-hot rows"),
]


@dataclass(frozen=True)
class Stored:
    """An array as a file holds it.

    Attributes:
        values: The array.
        path: The file.
        name: The array's name within the file, where it has one.
    """

    values: Array
    path: Path
    name: str = ""

    def error(self, message: str) -> DataError:
        """The error that says where."""
        return DataError(f"`{self.name}` {message}" if self.name else message, self.path)


def numbered(labels: Array, path: Path) -> tuple[str, ...]:
    """Names for classes that have none: their numbers, up to the highest label."""
    highest = int(labels.max())
    if highest >= MOST_CLASSES:
        raise DataError(
            f"has labels up to {highest}, but at most {MOST_CLASSES} classes make sense; where these are numbers "
            "to predict, say `task: regression`",
            path,
        )
    return tuple(str(number) for number in range(highest + 1))


def in_order(words: Iterable[str]) -> tuple[str, ...]:
    """Distinct words as class names: by number where all are whole numbers, else by the alphabet."""
    distinct = set(words)
    if all(word.isdecimal() and len(word) <= LONGEST_NUMBER for word in distinct):
        return tuple(sorted(distinct, key=lambda word: (int(word), word)))
    return tuple(sorted(distinct))


def encode(words: Sequence[str], classes: Sequence[str]) -> Array:
    """Class numbers of words.

    Raises:
        KeyError: For a word that names no class.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    return np.fromiter((numbers[word] for word in words), np.int64, len(words))


def decode(
    stored: Sequence[Stored], task: str | None, names: tuple[str, ...] | None
) -> tuple[list[Array], tuple[str, ...] | None]:
    """Targets of several splits, and the names of their classes.

    Args:
        stored: The targets, those of the training split first: its kind and its classes hold for all.
        task: ``classification`` or ``regression``; None to tell from the training targets.
        names: Names of the classes, where the spec gives them.

    Raises:
        DataError: They are neither, or do not fit each other.
    """
    for one in stored:
        if one.values.size == 0:
            raise one.error("holds no targets")
    if _is_regression(stored[0], task, names):
        return [_rows(one) for one in stored], None
    if stored[0].values.dtype.kind in "US":
        classes = names or in_order(_words(stored[0]))
        return [_codes(one, classes) for one in stored], classes
    labels = [_labels(one) for one in stored]
    classes = names or numbered(labels[0], stored[0].path)
    for one, numbers in zip(stored, labels, strict=True):
        wrong = (numbers < 0) | (numbers >= len(classes))
        if wrong.any():
            place = int(np.argmax(wrong))
            raise one.error(
                f"has label {numbers[place]} at sample {place}, out of range: expected 0 to {len(classes) - 1}"
            )
    return labels, classes


def _is_regression(stored: Stored, task: str | None, names: tuple[str, ...] | None) -> bool:
    if task is not None:
        return task == "regression"
    floats = stored.values.dtype.kind == "f" or are_labels(stored.values)
    return names is None and floats and not is_one_hot(stored.values)


def is_one_hot(values: Array) -> bool:
    """Whether every row has a single 1 and else zeros."""
    return are_labels(values) and bool((values.sum(axis=1) == 1).all())


def are_labels(values: Array) -> bool:
    """Whether the rows say of several labels which hold, with 1 and 0."""
    numbers = values.dtype.kind in "biuf" and values.ndim == 2 and values.shape[1] > 1
    return numbers and bool(((values == 0) | (values == 1)).all())


def _rows(stored: Stored) -> Array:
    if stored.values.dtype.kind not in "fiub":
        raise stored.error(f"holds {stored.values.dtype} where numbers were expected")
    # Signalling NaN, which files can hold, count as invalid; none of them gets past the next lines.
    with np.errstate(over="ignore", invalid="ignore"):
        rows = stored.values.astype(np.float32)
    if not np.isfinite(rows).all():
        raise stored.error("holds NaN, infinite values, or values beyond float32")
    return rows[:, np.newaxis] if rows.ndim == 1 else rows


def _labels(stored: Stored) -> Array:
    values = stored.values
    if values.dtype.kind not in "fiub":
        raise stored.error(f"holds {values.dtype} where class numbers were expected")
    if is_one_hot(values):
        return np.asarray(np.argmax(values, axis=1), np.int64)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise stored.error(f"has shape {values.shape}: expected class numbers, one a sample, or one-hot rows")
    if values.dtype.kind == "f" and not (np.isfinite(values) & (values == np.trunc(values))).all():
        raise stored.error("holds fractions or NaN where class numbers were expected")
    return values.astype(np.int64)


def _words(stored: Stored) -> list[str]:
    values = stored.values.reshape(-1)
    return [
        str(word) for word in (np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values)
    ]


def _codes(stored: Stored, classes: tuple[str, ...]) -> Array:
    if stored.values.dtype.kind not in "US":
        raise stored.error(f"holds {stored.values.dtype} where the training targets are words")
    try:
        return encode(_words(stored), classes)
    except KeyError as error:
        raise stored.error(f"has the label {error}, which is none of the classes {', '.join(classes)}") from error
