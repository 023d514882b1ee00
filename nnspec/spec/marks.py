"""Where things stand: positions of every key and value, kept beside the plain values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
"""A way into a document: ``("layers", 2, "dense", "units")``."""


ITS_NAME = "*"
"""In a path, the word of the part that stands there, whatever it is."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Mark:
    """A stretch on one line of a text; lines and columns count from 1."""

    text: Text
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.text.name}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Place:
    """Where an entry stands: its key, where it has one, and its value."""

    key: Mark
    value: Mark


@dataclass(frozen=True)
class Tree:
    """Plain values, and where each of them stands.

    Attributes:
        value: Mappings, lists and scalars.
        places: The place of each entry by its path; the root's is ``()``.
    """

    value: Any
    places: dict[Path, Place] = field(repr=False)

    def place(self, path: Path) -> Place:
        """Where a path stands, or what comes nearest above it."""
        while path not in self.places:
            path = path[:-1]
        return self.places[path]

    def named(self, path: Path) -> Path:
        """The path with the words of parts in place of `ITS_NAME`, as far as there are any."""
        found: Path = ()
        value = self.value
        for given in path:
            if given == ITS_NAME and not (isinstance(value, dict) and len(value) == 1):
                break
            step = next(iter(value)) if given == ITS_NAME else given
            found = (*found, step)
            within = isinstance(value, list) and isinstance(step, int) and step < len(value)
            value = value[step] if within or (isinstance(value, dict) and step in value) else None
        return found

    def below(self, path: Path) -> Iterator[Path]:
        """The paths of an entry and of everything in it."""
        return (other for other in self.places if other[: len(path)] == path)


def path_text(path: Path) -> str:
    """A path in words: ``layers[2].dense.units``."""
    words = ""
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words
