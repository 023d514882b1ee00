"""Every entry point of ours in this environment, read from metadata alone."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions

from nnspec.registry.entry import Entry

PREFIX = "nnspec."
"""Entry-point groups are ``nnspec.<kind>``."""
HEAD = re.compile(r"^(Name|Version): *(.*?) *$", re.MULTILINE)


def installed() -> Iterator[Entry]:
    """The entries of all distributions, in the order of the path.

    Most distributions have none. Of those that do, each file is read once, and only what is ours is looked for:
    parsing metadata with all that it may hold is what would take the time.
    """
    seen = set()
    for distribution in distributions():
        text = distribution.read_text("entry_points.txt") or ""
        if f"[{PREFIX}" not in text:
            continue
        name, version = named(distribution)
        if name not in seen:  # the first on the path hides others of its name
            seen.add(name)
            for point in points(text):
                yield Entry(point.group.removeprefix(PREFIX), point.name, name, version, point)


def points(text: str) -> Iterator[EntryPoint]:
    """The entry points of ours in an ``entry_points.txt``: groups in brackets, ``name = value`` below."""
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[] ")
        elif group.startswith(PREFIX) and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            yield EntryPoint(name.strip(), value.strip(), group)


def named(distribution: Distribution) -> tuple[str, str]:
    """Name and version of a distribution."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    found: dict[str, str] = {}
    for key, value in HEAD.findall(text.partition("\n\n")[0]):
        found.setdefault(key, value)
    return found.get("Name", "unknown"), found.get("Version", "unknown")


def canonical(name: str) -> str:
    """A distribution's name as names are compared (PEP 503): small letters, dashes."""
    return re.sub(r"[-_.]+", "-", name).lower()
