"""The distributions that ship beside nnspec are built as a stranger would build them."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nnspec.registry import Entry, default_resolver
from nnspec.registry.kinds import KINDS
from nnspec.testing import check_entry

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
PUBLIC = {"nnspec", "nnspec.extend", "nnspec.testing"}
SOURCES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))]


def project(folder: Path) -> dict[str, Any]:
    """What a distribution says of itself."""
    found: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def imported(source: str) -> Iterator[str]:
    """Full names of the modules that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_below_the_public_names_is_imported(path: Path) -> None:
    names = {name for name in imported(path.read_text("utf-8")) if name.partition(".")[0] == "nnspec"}
    assert names <= PUBLIC


def test_the_rule_sees_what_it_forbids() -> None:
    source = "import nnspec.engine\ndef f():\n    from nnspec.parts.layers.dense import Dense\n"
    assert set(imported(source)) - PUBLIC == {"nnspec.engine", "nnspec.parts.layers.dense"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_distribution_has_parts_text_specs_and_tests(folder: Path) -> None:
    about = project(folder)
    assert about["name"] == folder.name
    assert (folder / about["readme"]).is_file()
    assert list(folder.glob("tests/test_*.py"))
    words = set()
    for group, points in about["entry-points"].items():
        assert group.removeprefix("nnspec.") in KINDS
        for word, value in points.items():
            module = value.partition(":")[0]
            assert module.rpartition(".")[2] == word
            assert (folder / f"{module.replace('.', '/')}.py").is_file()
            words.add(word)
    shown = "".join(path.read_text("utf-8") for path in folder.glob("specs/*.yaml"))
    assert any(word in shown for word in words)


def entries(folder: Path) -> list[Entry]:
    """A distribution's parts in this environment."""
    catalogue = default_resolver().catalogue
    return [entry for kind in KINDS for entry in catalogue.entries(kind) if entry.distribution == folder.name]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_part_of_a_distribution_passes_the_kit(folder: Path) -> None:
    found = entries(folder)
    if not found:
        pytest.skip(f"{folder.name} is not installed: pip install -e plugins/{folder.name}")
    assert len(found) == sum(len(points) for points in project(folder)["entry-points"].values())
    for entry in found:
        assert check_entry(entry) >= 1
