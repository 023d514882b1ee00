"""What is installed, read from metadata without parsing all of it."""

import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, DistributionFinder, distribution
from importlib.metadata import distributions as known_to_importlib
from pathlib import Path
from zipfile import ZipFile

import pytest

from nnspec.errors import BrokenPartError
from nnspec.registry.installed import PREFIX, canonical, distributions, installed, named, points


def test_entry_points_are_those_that_the_standard_library_reads() -> None:
    text = distribution("nnspec").read_text("entry_points.txt") or ""
    found = distribution("nnspec").entry_points
    wanted = [(each.group, each.name, each.value) for each in found if each.group.startswith(PREFIX)]
    assert sorted((PREFIX + kind, name, value) for kind, name, value in points(text)) == sorted(wanted)
    assert len(wanted) > 100


def test_comments_spaces_and_other_groups_are_passed_over() -> None:
    text = """# by hand
[console_scripts]
nnspec.layers = a:b

[ nnspec.layers ]
; a remark
spline=splines.layer:Spline
  wave = waves : Wave

[pytest11]
x = y
"""
    assert list(points(text)) == [("layers", "spline", "splines.layer:Spline"), ("layers", "wave", "waves : Wave")]


def test_names_and_versions_are_those_that_the_standard_library_reads() -> None:
    for each in known_to_importlib():
        if each.read_text("METADATA"):
            assert named(each) == (each.name, each.version)


def described() -> list[tuple[str, str, str | None]]:
    """Names, versions and entry points of what is found here."""
    return [(*named(each), each.read_text("entry_points.txt")) for each in distributions()]


def test_distributions_are_those_that_the_standard_library_finds() -> None:
    wanted = [(*named(each), each.read_text("entry_points.txt")) for each in known_to_importlib()]
    assert sorted(described(), key=str) == sorted(wanted, key=str)
    assert len(wanted) > 10


@pytest.mark.parametrize("folder", ["odd-1.dist-info", "odd-1.egg-info", "odd.egg/EGG-INFO"])
def test_distributions_are_found_in_every_form_that_installers_left(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / folder
    about.mkdir(parents=True)
    (about / "PKG-INFO").write_text("Name: odd\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[nnspec.layers]\nodd = odd:Odd\n")
    monkeypatch.setattr(sys, "path", [str(about.parent)])
    assert described() == [("odd", "1", "[nnspec.layers]\nodd = odd:Odd\n")]
    assert [(entry.full, entry.origin, entry.module) for entry in installed()] == [("odd.odd", "odd 1", "odd")]


def test_distributions_are_found_in_archives_and_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ZipFile(tmp_path / "parts.zip", "w") as archive:
        archive.writestr("odd-1.dist-info/METADATA", "Name: odd\nVersion: 1\n")
    (tmp_path / "even-2.dist-info").mkdir()
    (tmp_path / "even-2.dist-info" / "METADATA").write_text("Name: even\nVersion: 2\n")
    (tmp_path / "a_file.txt").write_text("no archive")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["parts.zip", "", "a_file.txt", "not there"])
    assert described() == [("odd", "1", None), ("even", "2", None)]


def test_distributions_are_found_that_another_import_system_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    own = distribution("nnspec")

    class Finder:
        @staticmethod
        def find_distributions(context: DistributionFinder.Context) -> Iterator[Distribution]:
            return iter([own] if context.name is None else [])

    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    assert {entry.distribution for entry in installed()} == {"nnspec"}


def test_metadata_that_is_no_text_breaks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "odd-1.dist-info").mkdir()
    (tmp_path / "odd-1.dist-info" / "entry_points.txt").write_bytes(b"[nnspec.layers]\nodd = \xff:Odd\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    (entry,) = installed()
    assert entry.origin == "unknown unknown"
    with pytest.raises(BrokenPartError, match="cannot be loaded"):
        entry.load()


def test_every_part_is_listed_once() -> None:
    found = [(entry.kind, entry.full) for entry in installed()]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", ["nnspec-signal", "Nnspec_Signal", "nnspec.signal", "nnspec__signal"])
def test_names_are_compared_as_pip_does(name: str) -> None:
    assert canonical(name) == "nnspec-signal"
