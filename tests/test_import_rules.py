"""Who may import whom: the rooms of the package, read from the source of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnspec

ROOT = Path(nnspec.__file__).parent
LONGEST = 400

GROUND = {"errors", "types", "files"}
TABLE: dict[str, set[str]] = {
    "errors": set(),
    "types": set(),
    "files": {"errors", "types"},
    "contracts": GROUND,
    "extend": GROUND | {"contracts"},
    "parts": {"extend"},
    "registry": GROUND | {"contracts"},
    "spec": GROUND | {"contracts", "registry"},
    "engine": GROUND | {"contracts"},
    "data": GROUND | {"contracts"},
    "insight": GROUND | {"contracts", "engine"},
    "runs": GROUND | {"contracts", "registry", "spec", "engine", "data"},
    "report": GROUND,
    "inputs": GROUND | {"registry", "runs"},
    "scaffold": GROUND | {"contracts", "registry", "extend", "__init__"},
    "testing": GROUND | {"contracts", "engine", "registry"},
}
"""Each room and the rooms it may import besides itself. A room that is not listed may import everything."""
FREE = {"api", "cli", "__main__", "__init__"}

DOORS: dict[str, set[str]] = {
    # Shapes are planned and parameters counted before any array is made.
    "spec": {"nnspec.engine.plan", "nnspec.engine.parameters", "nnspec.engine.ties"},
    # A finished run is looked at; what it imagines is shown of an opened one.
    "runs": {"nnspec.insight.saturation", "nnspec.report", "nnspec.report.pages", "nnspec"},
    # An installed part is tried with the options that its own text shows.
    "testing": {"nnspec.spec.about", "nnspec.spec.reader"},
    "insight": {"nnspec.runs.opened", "nnspec.runs.experiment"},
}
"""Single modules of other rooms that a room may import all the same."""

MODULES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of each module of the package that a file imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            names = [_module(f"{module}.{alias.name}") or module for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.partition(".")[0] == "nnspec")


def _module(name: str) -> str | None:
    path = ROOT.parent.joinpath(*name.split("."))
    return name if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file() else None


def room(path: Path) -> str:
    """The room of a module: its folder below the package, or its own name."""
    return path.parts[0] if len(path.parts) > 1 else path.stem


def test_the_table_knows_every_room() -> None:
    rooms = {room(path) for path in MODULES}
    assert rooms - FREE == set(TABLE)


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) in TABLE], ids=str)
def test_a_module_imports_only_from_the_rooms_that_its_own_may_enter(path: Path) -> None:
    own = room(path)
    wrong = [
        f"nnspec/{path}:{line} imports {name}"
        for line, name in imports(path)
        if name not in DOORS.get(own, set()) and room_of(name) not in TABLE[own] | {own}
    ]
    assert not wrong


def room_of(name: str) -> str:
    """The room of a module by its full name."""
    return name.split(".")[1] if "." in name else "__init__"


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) == "parts"], ids=str)
def test_a_part_imports_what_a_plugin_may_and_private_neighbours(path: Path) -> None:
    folder = f"nnspec.parts.{path.parent.name}._"
    wrong = [
        f"nnspec/{path}:{line} imports {name}"
        for line, name in imports(path)
        if name != "nnspec.extend" and not name.startswith(folder)
    ]
    assert not wrong


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) in {"engine", "contracts"}], ids=str)
def test_the_engine_and_the_contracts_know_no_text_formats_and_no_terminal(path: Path) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert not {"yaml", "jinja2", "tqdm", "safetensors", "json"} & set(foreign(source))


def foreign(source: str) -> Iterator[str]:
    """Top-level names of all packages that a source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_module_is_longer_than_a_reader_can_hold(path: Path) -> None:
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= LONGEST


def test_the_rule_finds_what_it_forbids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reading of imports sees through every form of them."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "x.py").write_text(
        "import nnspec.spec.reader\nfrom nnspec.spec import reader\nfrom nnspec import spec\n"
        "def f():\n    from nnspec.parts.layers.dense import Dense\n"
    )
    monkeypatch.setattr("test_import_rules.ROOT", tmp_path)
    found = [name for _, name in imports(Path("engine/x.py"))]
    assert "nnspec.spec.reader" in found
    assert "nnspec.parts.layers.dense" in found
    assert len(found) == 4
