"""parquet: the columns of a Parquet file.

    dataset:
      parquet: {path: data/flowers.parquet, label: species, test: 0.2}
    dataset:
      parquet: {path: data/houses.parquet, target: [price], ignore: [id], test_path: data/new_houses.parquet}

inputs (rows, inputs) float32;  targets (rows,) class numbers, or (rows, targets) float32

A column of words becomes an input for each word, 1 where a row has it and else 0, named `district=north`.
Read with pyarrow, which comes with `pip install 'nnspec-tabular[parquet]'`.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np

from nnspec.extend import Array, Content, DataError, Field, Source, SourceFile, SplitName
from nnspec_tabular._columns import Table
from nnspec_tabular._tabular import Tabular


class Parquet(Tabular):
    """Only the columns that are needed are read."""

    api: ClassVar[int] = 1
    primary: ClassVar[str | None] = "path"

    path: Annotated[str, Field(description="the file")]
    test_path: Annotated[str | None, Field(description="file to test with, with the same columns")] = None

    def tables(self, source: Source) -> tuple[dict[SplitName, Table], tuple[SourceFile, ...]]:
        paths: dict[SplitName, Path] = {"train": source.path(self.path)}
        if self.test_path is not None:
            paths["test"] = source.path(self.test_path)
        tables = {name: self._table(path) for name, path in paths.items()}
        return tables, tuple(_file(path) for path in paths.values())

    def _table(self, path: Path) -> Table:
        arrow, parquet = _pyarrow()
        try:
            with parquet.ParquetFile(path) as file:
                wanted = self.wanted(file.schema_arrow.names, file.metadata.num_rows, path)
                found = file.read(columns=wanted, use_threads=False)
        except (arrow.ArrowException, OSError) as error:
            raise DataError(f"is no Parquet file that can be read: {str(error).splitlines()[0]}", path) from error
        return Table({name: _column(arrow, found.column(name), name, path) for name in wanted}, path)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise DataError("Parquet needs pyarrow: pip install 'nnspec-tabular[parquet]'") from error
    return pa, parquet


def _column(arrow: Any, column: Any, name: str, path: Path) -> Array:
    if column.null_count:
        raise DataError(
            f"column `{name}` has {column.null_count} missing values: fill them in, drop the rows, or leave the "
            f"column out: `ignore: [{name}]`",
            path,
        )
    kind = column.type
    if arrow.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if arrow.types.is_string(kind) or arrow.types.is_large_string(kind):
        return np.array(column.to_pylist(), str)
    if arrow.types.is_boolean(kind) or arrow.types.is_integer(kind):
        return np.asarray(column.to_numpy()).astype(np.int64)
    if arrow.types.is_floating(kind) or arrow.types.is_decimal(kind):
        return np.array(column.to_pylist(), np.float64)
    raise DataError(
        f"column `{name}` holds {kind}, neither numbers nor words; leave it out: `ignore: [{name}]`", path
    )


def _file(path: Path) -> SourceFile:
    with Content(path) as content:
        content.skip()
        return content.file
