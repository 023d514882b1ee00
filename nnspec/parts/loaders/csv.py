"""csv: a table of text with a header; a column says what to predict, the others are inputs.

    dataset:
      csv: {path: data/iris.csv, label: species, test: 0.2}
    dataset:
      csv: {path: data/houses.csv, target: price, categorical: [postcode], ignore: [id], test: 0.2}

inputs (samples, features) float32;  targets (samples,) class numbers, or (samples, targets) float32

Several columns of 1 and 0 as `target` are labels, of which any may hold: `target: [sports, politics, local]`.

A column whose first cell is a number is numeric, any other one categorical: each of its words becomes an input
of its own, 1 where the row has that word and else 0, named `colour=red`. Classes are ordered by the alphabet,
or by number where all are whole numbers.
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import AfterValidator, Strict, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, DataError, Dataset, Field, Loader, Outline, Source, Split, decided_by
from nnspec.parts.loaders._split import Stratified, TestShare, ValidationShare, assemble, drawn
from nnspec.parts.loaders._table import DEFAULT_LABEL, Columns, Reading
from nnspec.parts.loaders._targets import ClassNames, encode, in_order

MOST_WORDS = 1000
MOST_CODED = 2**30
"""Bytes that inputs coded from words may take: many columns of many words make much out of little."""
COLUMNS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
Names = Annotated[tuple[str, ...], Strict(strict=False)]


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        raise PydanticCustomError(
            "encoding", "expected an encoding that Python knows, such as utf-8 or latin-1"
        ) from None
    return encoding


def _columns(value: object) -> tuple[str, ...]:
    # One validator instead of a union, so that a problem keeps the option's own location.
    names = (value,) if isinstance(value, str) else value
    if isinstance(names, (list, tuple)) and names and all(isinstance(name, str) for name in names):
        return tuple(names)
    raise PydanticCustomError("columns", "expected the name of a column, or a list of names")


class Csv(Loader):
    """One line a sample. A row that is ragged, or lacks a value, is an error with its line."""

    primary: ClassVar[str | None] = "path"

    path: Annotated[str, Field(description="the file, gzipped or plain")]
    label: Annotated[str | None, Field(description="column of the classes; by default `label`")] = None
    target: Annotated[
        Annotated[tuple[str, ...], decided_by(_columns), WithJsonSchema(COLUMNS)] | None,
        Field(description="column, or columns, of numbers to predict instead of classes"),
    ] = None
    inputs: Annotated[Names | None, Field(description="columns to predict from; by default all others")] = None
    ignore: Annotated[Names, Field(description="columns to leave out")] = ()
    categorical: Annotated[Names, Field(description="input columns that are categories, though numbers")] = ()
    test_path: Annotated[str | None, Field(description="file to test with, with the same columns")] = None
    validation: ValidationShare = 0
    test: TestShare = 0
    stratified: Stratified = True
    classes: ClassNames = None
    delimiter: Annotated[
        str, Field(max_length=1, pattern=r'[^"\r\n]', description="the character between cells")
    ] = ","
    encoding: Annotated[str, AfterValidator(_known), Field(description="how text is stored")] = "utf-8"

    @model_validator(mode="after")
    def _consistent(self) -> "Csv":
        if self.label is not None and self.target is not None:
            raise PydanticCustomError("label_and_target", "give `label` (classes) or `target` (numbers), not both")
        if self.test_path is not None and self.test:
            raise PydanticCustomError("two_tests", "give `test_path` or `test`, not both: each makes a test split")
        for name in self._outcomes:
            if name in self.ignore or (self.target is not None and name in self.categorical):
                raise PydanticCustomError(
                    "outcome", "`{name}` is what to predict: it is neither ignored nor a category", {"name": name}
                )
        return self

    def outline(self) -> Outline:
        if self.target is not None:
            return Outline()
        return Outline(classes=len(self.classes) if self.classes else None, names=self.classes)

    def load(self, source: Source) -> Dataset:
        train = self._read(source, self.path)
        features = _Features(train, self._outcomes)
        classes = None
        if self.target is None:
            classes = self.classes or in_order(train.words[self._outcomes[0]])
        stratified = self.stratified and classes is not None
        whole = self._split(train, features, classes)
        splits = drawn(whole, self.validation, self.test, source.random, stratified=stratified)
        files = [train.file]
        if self.test_path is not None:
            test = self._read(source, self.test_path)
            splits["test"] = self._split(test, features, classes)
            files.append(test.file)
        return assemble(splits, classes, tuple(files), features.names, self.target or ())

    @property
    def _outcomes(self) -> tuple[str, ...]:
        return self.target or (self.label or DEFAULT_LABEL,)

    def _read(self, source: Source, path: str) -> Columns:
        reading = Reading(
            delimiter=self.delimiter,
            encoding=self.encoding,
            numeric=self.target or (),
            words=self.categorical if self.target else (*self._outcomes, *self.categorical),
            wanted=None if self.inputs is None else (*self.inputs, *self._outcomes),
            ignored=self.ignore,
        )
        return reading.columns(source.path(path))

    def _split(self, columns: Columns, features: "_Features", classes: tuple[str, ...] | None) -> Split:
        if classes is None:
            targets = np.column_stack([columns.numbers[name] for name in self._outcomes])
        else:
            targets = _coded(columns, self._outcomes[0], classes)
        return Split(features.inputs(columns), targets)


class _Features:
    """Which inputs the training table has: numeric columns, and one for each word of the others."""

    def __init__(self, train: Columns, outcomes: tuple[str, ...]) -> None:
        self.words: dict[str, tuple[str, ...] | None] = {}
        for name in train.names:
            if name in outcomes:
                continue
            words = in_order(train.words[name]) if name in train.words else None
            if words and len(words) > MOST_WORDS:
                raise DataError(
                    f"column `{name}` has {len(words)} different words: too many for categories; leave it out: "
                    f"`ignore: [{name}]`",
                    train.path,
                )
            self.words[name] = words
        if not self.words:
            raise DataError("has no columns left to predict from", train.path)
        coded = sum(len(words) for words in self.words.values() if words)
        if 4 * coded * len(train) > MOST_CODED:
            raise DataError(
                f"its words make {coded} inputs of each of {len(train)} rows, more than {MOST_CODED} bytes; leave "
                "columns out: `ignore: [...]`",
                train.path,
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each input."""
        return tuple(
            name if word is None else f"{name}={word}"
            for name, words in self.words.items()
            for word in words or (None,)
        )

    def inputs(self, columns: Columns) -> Array:
        """The inputs of a table with the same columns, (rows, features)."""
        out = np.zeros((len(columns), len(self.names)), np.float32)
        at = 0
        for name, words in self.words.items():
            if words is None:
                out[:, at] = _numbers(columns, name)
                at += 1
            else:
                out[np.arange(len(columns)), at + _coded(columns, name, words)] = 1
                at += len(words)
        return out


def _numbers(columns: Columns, name: str) -> Array:
    if name not in columns.numbers:
        raise DataError(f"column `{name}` must be there and hold numbers, as in the training file", columns.path)
    return columns.numbers[name]


def _coded(columns: Columns, name: str, words: tuple[str, ...]) -> Array:
    if name not in columns.words:
        raise DataError(f"column `{name}` must be there and hold words, as in the training file", columns.path)
    try:
        return encode(columns.words[name], words)
    except KeyError as error:
        row = columns.words[name].index(error.args[0])
        raise columns.error(
            row, f"column `{name}` has `{error.args[0]}`, which is none of {', '.join(words)}"
        ) from error
