"""Options and ways that loaders of tables have in common."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Strict, model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    Array,
    DataError,
    Dataset,
    Field,
    Loader,
    Random,
    Share,
    Source,
    SourceFile,
    Split,
    SplitName,
)
from nnspec_tabular._columns import Features, Table, encoded, numbers, words_of

Names = Annotated[tuple[str, ...], Strict(strict=False), Field(min_length=1)]


class Tabular(Loader):
    """What is predicted is a column of classes (`label`) or columns of numbers (`target`)."""

    label: Annotated[str | None, Field(description="column of the classes")] = None
    target: Annotated[Names | None, Field(description="columns of numbers to predict instead")] = None
    inputs: Annotated[Names | None, Field(description="columns to predict from; by default all others")] = None
    ignore: Annotated[Names | None, Field(description="columns to leave out")] = None
    validation: Annotated[Share, Field(description="rows set aside to choose by: a count, or a share of all")] = 0
    test: Annotated[Share, Field(description="rows set aside to judge by: a count, or a share of all")] = 0

    @model_validator(mode="after")
    def _one_outcome(self) -> "Tabular":
        if (self.label is None) == (self.target is None):
            raise PydanticCustomError("outcome", "say what to predict: `label` (classes) or `target` (numbers)")
        return self

    def tables(self, source: Source) -> tuple[dict[SplitName, Table], tuple[SourceFile, ...]]:
        """The tables that there are, and the files they were read from."""
        raise NotImplementedError

    def load(self, source: Source) -> Dataset:
        tables, files = self.tables(source)
        # Words and classes are those of all rows to learn from, so that none is missing where few rows are left.
        whole = tables["train"]
        features = Features(whole, [name for name in whole.columns if name not in self.outcomes])
        classes = None if self.label is None else words_of(whole, self.label)
        tables |= _divided(whole, self.validation, 0 if "test" in tables else self.test, source.random)
        splits = {name: self._split(table, features, classes) for name, table in tables.items()}
        return Dataset(
            splits["train"], splits.get("validation"), splits.get("test"), classes, files, features.names
        )

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The columns that are predicted."""
        return self.target or (self.label or "",)

    def wanted(self, names: Sequence[str], rows: int, path: Path) -> list[str]:
        """Which of a file's columns are needed; the others may hold what they will.

        Raises:
            DataError: There are no rows, a column that the spec names is not there, or none is left to learn from.
        """
        if rows == 0:
            raise DataError("has no rows", path)
        for name in (*self.outcomes, *(self.inputs or ()), *(self.ignore or ())):
            if name not in names:
                raise DataError(f"has no column `{name}`; there are {', '.join(names)}", path)
        left = [name for name in self.inputs or names if name not in (*self.outcomes, *(self.ignore or ()))]
        if not left:
            raise DataError("has no columns left to predict from", path)
        return [*left, *self.outcomes]

    def _split(self, table: Table, features: Features, classes: tuple[str, ...] | None) -> Split:
        if self.label is not None and classes is not None:
            return Split(features.inputs(table), encoded(table, self.label, classes))
        return Split(features.inputs(table), numbers(table, self.outcomes))


def _divided(table: Table, validation: float, test: float, random: Random) -> dict[SplitName, Table]:
    """Rows set aside at random; each split keeps the order of the file.

    Raises:
        DataError: Nothing would be left to train on.
    """
    rows = len(table)
    first, second = (round(share * rows) if isinstance(share, float) else share for share in (validation, test))
    if first + second >= rows:
        raise DataError(f"of {rows} rows, setting {first + second} aside leaves none to train on", table.path)
    order = random.permutation(rows)
    places: dict[SplitName, Array] = {
        "train": order[first + second :],
        "validation": order[:first],
        "test": order[first : first + second],
    }
    return {name: table.rows(np.sort(chosen)) for name, chosen in places.items() if len(chosen)}
