"""Every entry point of ours in this environment, read from metadata alone.

`importlib.metadata` takes longer to load than all of this takes to run, and parses far more than is asked for. So
folders on the path are looked through here; distributions that lie elsewhere are left to it.
"""

import os
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from typing import Protocol

from nnspec.registry.entry import Entry

PREFIX = "nnspec."
"""Entry-point groups are ``nnspec.<kind>``."""
METADATA = (".dist-info", ".egg-info", "EGG-INFO")
"""How names of folders end that hold a distribution's metadata."""
HEAD = re.compile(r"^(Name|Version): *(.*?) *$", re.MULTILINE)


class Described(Protocol):
    """A distribution, as far as it is looked at; those of `importlib.metadata` are such."""

    def read_text(self, filename: str) -> str | None:
        """The content of a file of its metadata; None where it has no such file."""


class Folder:
    """The metadata of a distribution: ``nnspec_signal-0.1.dist-info``, or what older tools leave in its place."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read_text(self, filename: str) -> str | None:
        """The content of a file of its metadata; None where it has no such file."""
        try:
            # Text and not a `Path`: most of those that are opened here are not there.
            with open(f"{self.path}/{filename}", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                return file.read()
        except OSError:
            return None


def installed() -> Iterator[Entry]:
    """The entries of all distributions, in the order of the path.

    Most distributions have none. Of those that do, each file is read once, and only what is ours is looked for.
    """
    seen = set()
    for distribution in distributions():
        text = distribution.read_text("entry_points.txt") or ""
        if f"[{PREFIX}" not in text:
            continue
        name, version = named(distribution)
        if name not in seen:  # the first on the path hides others of its name
            seen.add(name)
            for kind, word, value in points(text):
                yield Entry(kind, word, name, version, value)


def distributions() -> Iterator[Described]:
    """All distributions, in the order of the path; those that only other import systems know stand last."""
    for place in sys.path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208 -- as above
        except NotADirectoryError:
            yield from _archived(place)
        except OSError:
            continue
        else:
            yield from (Folder(f"{place or '.'}/{name}") for name in names if name.endswith(METADATA))
    finders = [finder for finder in sys.meta_path if finder is not PathFinder]
    for find in (finder.find_distributions for finder in finders if hasattr(finder, "find_distributions")):
        from importlib.metadata import DistributionFinder

        yield from find(DistributionFinder.Context())


def _archived(place: str) -> Iterator[Described]:
    """The distributions in an archive on the path."""
    from importlib.metadata import distributions as found

    return iter(found(path=[place]))


def points(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and value of each entry point of ours in an ``entry_points.txt``.

    There, groups stand in brackets, and ``name = value`` below.
    """
    kind = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[] ")
            kind = group.removeprefix(PREFIX) if group.startswith(PREFIX) else ""
        elif kind and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield kind, name.strip(), value.strip()


def named(distribution: Described) -> tuple[str, str]:
    """Name and version of a distribution."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    found: dict[str, str] = {}
    for key, value in HEAD.findall(text.partition("\n\n")[0]):
        found.setdefault(key, value)
    return found.get("Name", "unknown"), found.get("Version", "unknown")


def canonical(name: str) -> str:
    """A distribution's name as names are compared (PEP 503): small letters, dashes."""
    return re.sub(r"[-_.]+", "-", name).lower()
