"""Tables become what they are, or an error that says which column, and what to do."""

import importlib.util
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nnspec_tabular.parquet import Parquet
from nnspec_tabular.robust import Robust
from nnspec_tabular.sqlite import Sqlite
from nnspec_tabular.winsorize import Winsorize

from nnspec.extend import DataError, Loader, Transform
from nnspec.testing import check_loader, check_transform, transformed

SPECS = Path(__file__).parents[1] / "specs"
ROWS: dict[str, list[Any]] = {
    "size": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    "rooms": [1, 2, 3, 4, 5, 6],
    "side": ["left", "right", "left", "left", "right", "left"],
    "kind": ["b", "a", "c", "b", "a", "c"],
}
Store = Callable[..., Loader]


def write_parquet(path: Path, rows: dict[str, Any]) -> None:
    arrow = pytest.importorskip("pyarrow", reason="reads Parquet: pip install 'nnspec-tabular[parquet]'")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table(rows), path)


def write_sqlite(path: Path, rows: dict[str, Any]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE rows ({', '.join(rows)})")
        marks = ", ".join("?" * len(rows))
        connection.executemany(f"INSERT INTO rows VALUES ({marks})", zip(*rows.values(), strict=True))  # noqa: S608


@pytest.fixture(params=["parquet", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Stores rows, and yields the loader that reads them."""

    def stored(rows: dict[str, Any], **options: Any) -> Loader:
        if request.param == "parquet":
            write_parquet(tmp_path / "rows.parquet", rows)
            return Parquet(path="rows.parquet", **options)
        write_sqlite(tmp_path / "rows.sqlite", rows)
        return Sqlite(path="rows.sqlite", table="rows", **options)

    return stored


def test_a_table_of_classes_is_read_as_it_stands(store: Store, tmp_path: Path) -> None:
    data = check_loader(store(ROWS, label="kind"), tmp_path)
    assert data.classes == ("a", "b", "c")
    assert data.features == ("size", "rooms", "side=left", "side=right")
    np.testing.assert_array_equal(data.train.targets, [1, 0, 2, 1, 0, 2])
    np.testing.assert_array_equal(data.train.inputs[1], [2.5, 2, 0, 1])


def test_a_table_of_numbers_to_predict(store: Store, tmp_path: Path) -> None:
    data = check_loader(store(ROWS, target=("size",), ignore=("kind",)), tmp_path)
    assert data.classes is None
    assert data.features == ("rooms", "side=left", "side=right")
    np.testing.assert_array_equal(data.train.targets[:, 0], ROWS["size"])


def test_rows_set_aside_are_all_of_them_once(store: Store, tmp_path: Path) -> None:
    data = check_loader(store(ROWS, label="kind", inputs=("rooms",), validation=1, test=0.34), tmp_path)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 3, "validation": 1, "test": 2}
    rows = np.concatenate([split.inputs[:, 0] for split in data.splits.values()])
    assert sorted(rows) == ROWS["rooms"]


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ({**ROWS, "size": [1.5, None, 3.5, 4.5, None, 6.5]}, {"label": "kind"}, "`size` has 2 missing values"),
        ({**ROWS, "size": [b"x"] * 6}, {"label": "kind"}, "column `size` holds b"),
        ({**ROWS, "size": [1e300] * 6}, {"label": "kind"}, "row 1, column `size`: no finite number"),
        (ROWS, {"label": "sort"}, "no column `sort`|sort"),
        (ROWS, {"label": "kind", "ignore": ("sort",)}, "no column `sort`"),
        (ROWS, {"target": ("side",)}, "`side` holds words where numbers are expected"),
        (ROWS, {"label": "kind", "test": 6}, "leaves none to train on"),
        (ROWS, {"label": "kind", "ignore": ("size", "rooms", "side")}, "no columns left to predict from"),
        ({name: column[:0] for name, column in ROWS.items()}, {"label": "kind"}, "has no rows"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(
    rows: dict[str, Any], options: dict[str, Any], said: str, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said):
        check_loader(store(rows, **options), tmp_path)


@pytest.mark.parametrize("name", ["rows.parquet", "rows.sqlite"])
def test_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PAR1 but no more than that")
    if name == "rows.parquet":
        pytest.importorskip("pyarrow", reason="reads Parquet: pip install 'nnspec-tabular[parquet]'")
        loader: Loader = Parquet(path=name, label="kind")
    else:
        loader = Sqlite(path=name, table="rows", label="kind")
    with pytest.raises(DataError, match=name):
        check_loader(loader, tmp_path)


def test_a_file_of_its_own_to_test_with(tmp_path: Path) -> None:
    write_parquet(tmp_path / "rows.parquet", ROWS)
    write_parquet(tmp_path / "new.parquet", {name: column[:2] for name, column in ROWS.items()})
    data = check_loader(Parquet(path="rows.parquet", test_path="new.parquet", label="kind"), tmp_path)
    assert data.test is not None
    np.testing.assert_array_equal(data.test.targets, [1, 0])
    write_parquet(tmp_path / "new.parquet", {**ROWS, "side": ["up"] * 6})
    with pytest.raises(
        DataError, match=r"row 1, column `side`: `up` is not among the words to learn from: left, ri"
    ):
        check_loader(Parquet(path="rows.parquet", test_path="new.parquet", label="kind"), tmp_path)


def test_queries_choose_rows_and_columns(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "rows.sqlite", ROWS)
    queries: dict[str, Any] = {
        "query": "SELECT size, upper(kind) AS kind FROM rows WHERE rooms < 5",
        "test_query": "SELECT size, upper(kind) AS kind FROM rows WHERE rooms >= 5",
    }
    data = check_loader(Sqlite(path="rows.sqlite", label="kind", **queries), tmp_path)
    assert data.classes == ("A", "B", "C")
    assert data.test is not None
    np.testing.assert_array_equal(data.test.inputs[:, 0], [5.5, 6.5])


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM rows",
        "ATTACH DATABASE 'other.sqlite' AS other",
        "PRAGMA writable_schema = 1",
        "CREATE TABLE more (x)",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS kind FROM n",
        "SELECT load_extension('evil') AS kind, size FROM rows",
        "SELECT nothing FROM nowhere",
    ],
)
def test_a_query_may_do_nothing_but_select(query: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.sqlite"
    write_sqlite(path, ROWS)
    before = path.read_bytes()
    with pytest.raises(DataError, match="the query was"):
        check_loader(Sqlite(path="rows.sqlite", query=query, label="kind"), tmp_path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    write_sqlite(tmp_path / "rows.sqlite", ROWS)
    with pytest.raises(DataError, match="name them apart"):
        check_loader(Sqlite(path="rows.sqlite", query="SELECT size, size, kind FROM rows", label="kind"), tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"table": "rows"},
        {"table": "rows", "label": "a", "target": ["b"]},
        {"label": "a"},
        {"label": "a", "table": "rows", "query": "SELECT 1"},
    ],
)
def test_options_that_leave_open_what_is_meant_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"say what to predict|say which rows"):
        Sqlite.model_validate({"path": "rows.sqlite", **options})


@pytest.mark.parametrize("transform", [Robust(), Winsorize(), Winsorize(share=0.2)], ids=repr)
@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_every_transform_keeps_the_contract(transform: Transform, shape: tuple[int, ...]) -> None:
    check_transform(transform, shape)
    check_transform(transform, shape, x=np.random.default_rng(3).integers(0, 9, (*shape, 20)).astype(np.uint8))


def test_the_median_comes_to_0_and_quartiles_lie_1_apart() -> None:
    """Of 0, 1, 2, 3, 100: median 2, quartiles 1 and 3. The second input does not vary."""
    x = np.array([[0.0, 1, 2, 3, 100], [7.0, 7, 7, 7, 7]])
    expected = np.array([[-1, -0.5, 0, 0.5, 49], [0, 0, 0, 0, 0]])
    np.testing.assert_allclose(transformed(Robust(), x), expected)


def test_what_lies_beyond_a_quantile_is_moved_to_it() -> None:
    """Quarters of 0, 1, 2, 3, 100 are 1 and 3."""
    x = np.array([[0.0, 1, 2, 3, 100]])
    np.testing.assert_allclose(transformed(Winsorize(share=0.25), x), [[1, 1, 2, 3, 3]])


@pytest.mark.parametrize("name", ["houses_parquet", "flowers_sqlite"])
def test_a_spec_reaches_what_it_expects(name: str, tmp_path: Path) -> None:
    if "parquet" in name:
        pytest.importorskip("pyarrow", reason="reads Parquet: pip install 'nnspec-tabular[parquet]'")
    command = [sys.executable, "-m", "nnspec", "check", str(SPECS / f"{name}.yaml")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shipped_tables_are_what_the_script_makes() -> None:
    pytest.importorskip("pyarrow", reason="reads Parquet: pip install 'nnspec-tabular[parquet]'")
    spec = importlib.util.spec_from_file_location("make_data", SPECS / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    random = np.random.default_rng(1)
    assert script.pq.read_table(SPECS / "data" / "houses.parquet").equals(script.houses(random))
    with closing(sqlite3.connect(SPECS / "data" / "flowers.sqlite")) as connection:
        assert connection.execute("SELECT * FROM flowers").fetchall() == script.flowers(random)
