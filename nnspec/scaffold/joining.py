"""A further part for a distribution: its files, and its entry point in a pyproject.toml that is else kept."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.errors import UsageError
from nnspec.scaffold.project import OF_A_PART, Project, written

ABOUT = "pyproject.toml"
GROUPS = "[project.entry-points."


def join(folder: Path, kind: str, word: str) -> list[Path]:
    """Adds module, test, spec and entry point of a part.

    Args:
        folder: Where the distribution's pyproject.toml is.
        kind: The kind of the part.
        word: Its name in a spec.

    Returns:
        The files that were written.

    Raises:
        UsageError: The folder holds no such distribution, something is in the way, or nothing can be written. Then
            all is as it was.
    """
    path = folder / ABOUT
    text, project = _read(path)
    part = _part(path, project, kind, word)
    root = folder / "src" if (folder / "src" / part.package).is_dir() else folder
    if not (root / part.package).is_dir():
        raise UsageError(f"{root / part.package}: there is no such folder, and the part's module belongs into it")
    module, *others = part.files(OF_A_PART).items()
    files = {(root / module[0]).relative_to(folder).as_posix(): module[1], **dict(others)}
    taken = [name for name in files if (folder / name).exists()]
    if taken:
        raise UsageError(f"{folder / taken[0]}: exists already; choose another word")
    changed = _with_entry(path, text, part)
    made = written(folder, files)
    _save(path, changed)
    return [*made, path]


def _read(path: Path) -> tuple[str, Mapping[str, Any]]:
    """A pyproject.toml as it stands, ends of lines included, and its section `project`."""
    try:
        text = path.read_bytes().decode("utf-8")
        return text, _project(text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; name the distribution's folder") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: is no TOML: {error}") from error


def _project(text: str) -> Mapping[str, Any]:
    found = tomllib.loads(text).get("project", {})
    return found if isinstance(found, Mapping) else {}


def _part(path: Path, project: Mapping[str, Any], kind: str, word: str) -> Project:
    name, version = project.get("name"), project.get("version", "")
    if not isinstance(name, str) or not isinstance(version, str):
        raise UsageError(f"{path}: names no distribution: expected `[project]` with a `name`")
    named = Project.named(name, kind, word)
    return Project(named.distribution, kind, named.word, version)


def _with_entry(path: Path, text: str, part: Project) -> str:
    """The file with one line more, or with a group of its own for it.

    Raises:
        UsageError: The file is written in a way in which that does not come out.
    """
    group, line = f'{GROUPS}"nnspec.{part.kind}"]', f'{part.word} = "{part.entry_point}"'
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    heads = [index for index, each in enumerate(lines) if each.startswith(GROUPS)]
    if group in lines:
        lines.insert(lines.index(group) + 1, line)
    elif heads:
        lines[heads[-1] : heads[-1]] = [group, line, ""]
    else:
        lines += ["", group, line]
    changed = end.join([*lines, ""])
    if not _is_added(text, changed, part):
        raise UsageError(f"{path}: cannot be added to; write these lines into it by hand:\n{group}\n{line}")
    return changed


def _is_added(before: str, after: str, part: Project) -> bool:
    """Whether the entry point is there now, and all else says what it did."""
    group = f"nnspec.{part.kind}"
    try:
        was, found = tomllib.loads(before), tomllib.loads(after)
        points = found["project"]["entry-points"]
        added = points[group].pop(part.word, None)
    except (tomllib.TOMLDecodeError, KeyError):
        return False
    was["project"].setdefault("entry-points", {}).setdefault(group, {})
    return bool(added == part.entry_point and found == was)


def _save(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
