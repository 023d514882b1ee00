"""Where files are looked for, and in which order."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from nnspec.contracts.loader import RemoteFile
from nnspec.data import Sources
from nnspec.errors import DataError

FILE = RemoteFile("digits.gz", hashlib.sha256(b"digits").hexdigest(), ("http://127.0.0.1:9/",), 6)


def sources(spec_folder: Path | None) -> Sources:
    return Sources(spec_folder, np.random.default_rng(0), offline=True)


def put(folder: Path, name: str = "digits.gz") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(gzip.compress(b"digits") if name.endswith(".gz") else b"digits")
    return path


def test_places_are_searched_in_order(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is found first is taken away, until nothing is left."""
    monkeypatch.setenv("NNSPEC_DATA", str(machine / "configured"))
    spec_folder = machine / "project" / "specs"
    places = [
        machine / "configured" / "set",
        spec_folder / "datasets" / "set",
        machine / "project" / "datasets" / "set",
        machine / "work" / "datasets" / "set",
        machine / "system" / "set",
        machine / "cache" / "nnspec" / "set",
    ]
    paths = [put(place) for place in places]
    for path in paths:
        assert sources(spec_folder).files("set", [FILE], None) == [path]
        path.unlink()
    with pytest.raises(DataError) as caught:
        sources(spec_folder).files("set", [FILE], None)
    for place in places:
        assert str(place) in str(caught.value)
    assert "offline" in str(caught.value)
    assert "nnspec datasets fetch set" in str(caught.value)


def test_a_folder_above_the_working_folder_counts(machine: Path) -> None:
    path = put(machine / "datasets" / "set")
    assert sources(None).files("set", [FILE], None) == [path]


def test_a_file_may_lie_there_gzipped_or_plain(machine: Path) -> None:
    plain = put(machine / "work" / "datasets" / "set", "digits")
    assert sources(None).files("set", [FILE], None) == [plain]
    packed = put(machine / "work" / "datasets" / "set")
    assert sources(None).files("set", [FILE], None) == [packed]


def test_files_come_in_the_order_asked_for_each_from_its_own_place(machine: Path) -> None:
    other = RemoteFile("labels.gz", "", (), None)
    first = put(machine / "system" / "set")
    second = put(machine / "work" / "datasets" / "set", "labels.gz")
    assert sources(None).files("set", [FILE, other], None) == [first, second]
    assert sources(None).files("set", [other, FILE], None) == [second, first]


def test_with_a_root_nothing_else_is_searched(machine: Path) -> None:
    put(machine / "work" / "datasets" / "set")
    root = machine / "project" / "mine"
    root.mkdir(parents=True)
    with pytest.raises(DataError, match=r"root `mine` lacks digits\.gz"):
        sources(machine / "project").files("set", [FILE], "mine")
    within = put(root / "set")
    assert sources(machine / "project").files("set", [FILE], "mine") == [within]
    direct = put(root)
    assert sources(machine / "project").files("set", [FILE], str(root)) == [direct]


@pytest.mark.usefixtures("machine")
def test_a_root_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(DataError, match="nowhere"):
        sources(None).files("set", [FILE], "nowhere")


def test_paths_are_relative_to_the_spec_then_to_the_working_folder_then_to_that_of_data(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSPEC_DATA", str(machine / "moved"))
    moved = put(machine / "moved" / "data", "x.csv")
    assert sources(machine / "project").path("data/x.csv") == moved
    here = put(machine / "work" / "data", "x.csv")
    assert sources(machine / "project").path("data/x.csv") == here
    beside = put(machine / "project" / "data", "x.csv")
    assert sources(machine / "project").path("data/x.csv") == beside
    assert sources(machine / "project").path(str(here)) == here
    at_home = put(machine / "home", "y.csv")
    assert sources(None).path("~/y.csv") == at_home


def test_a_path_that_is_nowhere_says_where_it_was_sought(machine: Path) -> None:
    with pytest.raises(DataError) as caught:
        sources(machine / "project").path("data/x.csv")
    assert str(machine / "project" / "data" / "x.csv") in str(caught.value)
    assert str(machine / "work" / "data" / "x.csv") in str(caught.value)
    assert "set NNSPEC_DATA to its folder" in str(caught.value)
    with pytest.raises(DataError, match="no such file: /nonexistent/x"):
        sources(machine / "project").path("/nonexistent/x")
