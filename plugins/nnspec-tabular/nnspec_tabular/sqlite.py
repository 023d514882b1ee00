"""sqlite: a table of an SQLite database, or what a query makes of several.

    dataset:
      sqlite: {path: data/shop.sqlite, table: flowers, label: species, test: 0.2}
    dataset:
      sqlite:
        path: data/shop.sqlite
        query: "SELECT area, rooms, price FROM houses WHERE year < 2020"
        test_query: "SELECT area, rooms, price FROM houses WHERE year >= 2020"
        target: [price]

inputs (rows, inputs) float32;  targets (rows,) class numbers, or (rows, targets) float32

A column of words becomes an input for each word, 1 where a row has it and else 0, named `district=north`.
The database is opened for reading, and a query may do nothing but select.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.request import pathname2url

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, Content, DataError, Field, Source, SourceFile, SplitName
from nnspec_tabular._columns import Table
from nnspec_tabular._tabular import Tabular

ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
"""What a query may do. Not among them: to write, to attach other files, to recurse without end."""
FORBIDDEN_FUNCTIONS = {"load_extension"}


class Sqlite(Tabular):
    """Rows come in the order of the query; give one an ORDER BY where that matters."""

    api: ClassVar[int] = 1

    path: Annotated[str, Field(description="the database")]
    table: Annotated[str | None, Field(description="table, or view, to take whole")] = None
    query: Annotated[str | None, Field(description="SELECT that yields the rows, in place of `table`")] = None
    test_query: Annotated[str | None, Field(description="SELECT that yields rows to test with")] = None

    @model_validator(mode="after")
    def _one_source(self) -> "Sqlite":
        if (self.table is None) == (self.query is None):
            raise PydanticCustomError("rows", "say which rows: `table` or `query`, one of them")
        return self

    def tables(self, source: Source) -> tuple[dict[SplitName, Table], tuple[SourceFile, ...]]:
        path = source.path(self.path)
        with Content(path) as content:
            content.skip()
            file = content.file
        quoted = (self.table or "").replace('"', '""')
        queries: dict[SplitName, str] = {"train": self.query or f'SELECT * FROM "{quoted}"'}  # noqa: S608 -- quoted
        if self.test_query is not None:
            queries["test"] = self.test_query
        return {name: self._table(path, query) for name, query in queries.items()}, (file,)

    def _table(self, path: Path, query: str) -> Table:
        try:
            # Immutable: no lock and no journal is written beside a file that is only read.
            database = f"file:{pathname2url(str(path.absolute()))}?mode=ro&immutable=1"
            with closing(sqlite3.connect(database, uri=True)) as connection:
                connection.set_authorizer(_authorized)
                cursor = connection.execute(query)
                names = [column[0] for column in cursor.description or ()]
                rows = cursor.fetchall()
        except sqlite3.Error as error:
            raise DataError(f"{error}; the query was: {query}", path) from error
        if len(set(names)) < len(names):
            raise DataError(f"two columns have one name: {', '.join(names)}; name them apart with AS", path)
        wanted = self.wanted(names, len(rows), path)
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        return Table({name: _column(columns[name], name, path) for name in wanted}, path)


def _authorized(action: int, *about: str | None) -> int:
    # The second word about a function is its name.
    good = action in ALLOWED and about[1] not in FORBIDDEN_FUNCTIONS
    return sqlite3.SQLITE_OK if good else sqlite3.SQLITE_DENY


def _column(values: tuple[Any, ...], name: str, path: Path) -> Array:
    kinds = {type(value) for value in values}
    if type(None) in kinds:
        raise DataError(
            f"column `{name}` has {values.count(None)} missing values: fill them in, or leave such rows out with "
            f"a query: `WHERE {name} IS NOT NULL`",
            path,
        )
    if kinds <= {int}:
        return np.array(values, np.int64)
    if kinds <= {int, float}:
        return np.array(values, np.float64)
    if kinds == {str}:
        return np.array(values, str)
    found = " and ".join(sorted(kind.__name__ for kind in kinds))
    raise DataError(f"column `{name}` holds {found}; expected numbers alone, or text alone", path)
