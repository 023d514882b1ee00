"""Where things stand: positions of every key and value, kept beside the plain values.

Positions are named tuples: there are thousands of them, and their classes take an eighth of the time to make that
data classes take, before any spec is read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.types import ITS_NAME

if TYPE_CHECKING:
    from nnspec.spec.problems import Problem

Path = tuple[str | int, ...]
"""A way into a document: ``("layers", 2, "dense", "units")``."""


@dataclass(frozen=True, eq=False)  # compared by identity: marks are compared and hashed often, texts are long
class Text:
    """A piece of text that somebody wrote: a file, or one ``--set``.

    Attributes:
        name: What a message calls it: the file's path as given, or ``--set``.
        lines: Its lines.
    """

    name: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, name: str, text: str) -> "Text":
        """The text under this name."""
        return cls(name, tuple(text.splitlines()))

    def at(self, line: int, column: int, length: int = 1) -> "Mark":
        """A mark at a line and column that count from 0; at the end of the text where they lie beyond."""
        if line >= len(self.lines):
            line, column, length = max(0, len(self.lines) - 1), len(self.lines[-1]) if self.lines else 0, 1
        return Mark(self, line + 1, column + 1, length)


class Mark(NamedTuple):
    """A stretch on one line of a text; lines and columns count from 1. A length of 0: nothing there to look at."""

    text: Text
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.text.name}:{self.line}:{self.column}"


class Place(NamedTuple):
    """Where an entry stands: its key, where it has one, and its value."""

    key: Mark
    value: Mark


@dataclass(frozen=True)
class Tree:
    """Plain values, and where each of them stands.

    Attributes:
        value: Mappings, lists and scalars.
        places: The place of each entry by its path; the root's is ``()``.
        problems: What was found wrong so far, where that leaves the rest worth reading.
        spoilt: Paths of values that are not what was written, or not all of it, because of one of these problems.
    """

    value: Any
    places: dict[Path, Place] = field(repr=False)
    problems: "tuple[Problem, ...]" = ()
    spoilt: frozenset[Path] = frozenset()

    def place(self, path: Path) -> Place:
        """Where a path stands, or what comes nearest above it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def named(self, path: Path) -> Path:
        """The path as it was written.

        The words of parts stand in place of `ITS_NAME`, as far as there are any, and the name of an option whose
        list stands there bare is left out.
        """
        found: Path = ()
        value = self.value
        for given in path:
            if isinstance(value, list) and isinstance(given, str):
                continue
            if given == ITS_NAME and not (isinstance(value, dict) and len(value) == 1):
                break
            step = next(iter(value)) if given == ITS_NAME else given
            found = (*found, step)
            within = isinstance(value, list) and isinstance(step, int) and step < len(value)
            value = value[step] if within or (isinstance(value, dict) and step in value) else None
        return found

    def noted(self, *problems: "Problem", spoilt: Iterable[Path] = ()) -> "Tree":
        """The same tree with further problems."""
        return replace(self, problems=(*self.problems, *problems), spoilt=self.spoilt | frozenset(spoilt))

    def below(self, path: Path) -> Iterator[Path]:
        """The paths of an entry and of everything in it."""
        return (other for other in self.places if other[: len(path)] == path)


def path_text(path: Path) -> str:
    """A path in words: ``layers[2].dense.units``."""
    words = ""
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words
