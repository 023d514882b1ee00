"""Entry points to parts: listing reads metadata only, a part is imported when it is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, distributions

from nnspec.contracts.part import Part
from nnspec.errors import AmbiguousPartError, BrokenPartError, UnknownPartError
from nnspec.registry.kinds import KINDS
from nnspec.registry.suggestions import closest

PREFIX = "nnspec."
"""Entry-point groups are ``nnspec.<kind>``."""


@dataclass(frozen=True)
class Entry:
    """One registered part, not yet imported.

    Attributes:
        kind: ``layers``, ``costs`` and so on.
        name: The word in a spec.
        distribution: The distribution that brings it.
        version: Its version.
        point: The entry point.
    """

    kind: str
    name: str
    distribution: str
    version: str
    point: EntryPoint

    def load(self) -> type[Part]:
        """Imports the part.

        Raises:
            BrokenPartError: The import fails, or what it yields is no part of this kind.
        """
        origin = f"{self.distribution} {self.version}"
        try:
            found = self.point.load()
        except (Exception, SystemExit) as error:
            # A plugin may fail in any way at all; only the spec that names it may notice.
            raise BrokenPartError(
                f"{self.kind} part `{self.name}` of {origin} cannot be loaded: {type(error).__name__}: {error}",
                self.kind,
                self.name,
                f"mend or remove the distribution {self.distribution}",
            ) from error
        if not (isinstance(found, type) and issubclass(found, KINDS[self.kind])):
            raise BrokenPartError(
                f"`{self.point.value}` of {origin} is registered in nnspec.{self.kind} but is no "
                f"{KINDS[self.kind].__name__}",
                self.kind,
                self.name,
                f"mend or remove the distribution {self.distribution}",
            )
        return found

    def options(self) -> tuple[str, ...]:
        """The names of the part's options; none of a part that cannot be loaded."""
        try:
            return tuple(self.load().model_fields)
        except BrokenPartError:
            return ()


class Catalogue:
    """All parts that are installed in this environment."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, ...], dict[str, list[str]]] = {}

    def entries(self, kind: str) -> list[Entry]:
        """The parts of a kind, by name."""
        return self._entries[kind]

    def find(self, kinds: tuple[str, ...], name: str) -> Entry:
        """The part of this name in the first of the kinds that has it.

        Args:
            kinds: Where to look, for example ``("layers", "activations")``.
            name: The word, or ``distribution.word`` where two distributions claim it.

        Raises:
            UnknownPartError: None has it.
            AmbiguousPartError: Two distributions have it.
        """
        for kind in kinds:
            found = self._named[kind].get(name, [])
            if len(found) > 1:
                choices = " or ".join(f"`{_full(entry)}`" for entry in found)
                raise AmbiguousPartError(
                    f"`{name}` is claimed by {' and '.join(entry.distribution for entry in found)}",
                    kind,
                    name,
                    f"write {choices}",
                )
            if found:
                return found[0]
        raise self._unknown(kinds, name)

    def owners(self, kinds: tuple[str, ...]) -> Mapping[str, list[str]]:
        """Which parts have an option, by the option's name; imports all parts of the kinds."""
        if kinds not in self._owners:
            found = self._owners.setdefault(kinds, {})
            for entry in (entry for kind in kinds for entry in self._entries[kind]):
                for option in entry.options():
                    found.setdefault(option, []).append(entry.name)
        return self._owners[kinds]

    def word(self, part: type[Part]) -> str:
        """The name under which a class is registered; its module's name where it is not."""
        value = f"{part.__module__}:{part.__qualname__}"
        for kind in part.kinds:
            for entry in self._entries[kind]:
                if entry.point.value == value:
                    others = [other for other in self._entries[kind] if other.name == entry.name]
                    return entry.name if len(others) == 1 else _full(entry)
        return part.__module__.rpartition(".")[2]

    @cached_property
    def _entries(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
        for entry in _installed():
            if entry.kind in found:
                found[entry.kind].append(entry)
        return {kind: sorted(entries, key=lambda entry: entry.name) for kind, entries in found.items()}

    @cached_property
    def _named(self) -> dict[str, dict[str, list[Entry]]]:
        """The entries of each kind, by their words and their full words."""
        found: dict[str, dict[str, list[Entry]]] = {}
        for kind, entries in self._entries.items():
            words = found.setdefault(kind, {})
            for entry in entries:
                for word in (entry.name, _full(entry)):
                    words.setdefault(word, []).append(entry)
        return found

    def _unknown(self, kinds: tuple[str, ...], name: str) -> UnknownPartError:
        names = [entry.name for kind in kinds for entry in self._entries[kind]]
        near = closest(name, names)
        elsewhere = [
            kind for kind in KINDS if kind not in kinds for entry in self._entries[kind] if entry.name == name
        ]
        ending = name.rpartition(".")[2]
        word, colon, value = name.partition(":")
        if colon and word in names:
            hint = f"a space belongs behind the colon: `{word}: {value.strip()}`"
        elif near:
            hint = f"did you mean `{near}`?"
        elif elsewhere:
            hint = f"`{name}` is among the {elsewhere[0]}; here one of these stands: {', '.join(names)}"
        elif "." in name and ending in names:
            hint = f"did you mean `{{{ending}: {name}}}`?"
        else:
            hint = f"one of: {', '.join(names)}"
        return UnknownPartError(f"nothing called `{name}` among the {kinds[0]}", kinds[0], name, hint)


def _full(entry: Entry) -> str:
    return f"{entry.distribution}.{entry.name}"


def _installed() -> Iterator[Entry]:
    """Every entry point of ours in this environment.

    Most distributions have none. Only those that do have their metadata parsed: that is what takes the time.
    """
    seen = set()
    for distribution in distributions():
        if PREFIX not in (distribution.read_text("entry_points.txt") or ""):
            continue
        name, version = distribution.name, distribution.version
        if name not in seen:  # the first on the path hides others of its name
            seen.add(name)
            for point in distribution.entry_points:
                if point.group.startswith(PREFIX):
                    yield Entry(point.group.removeprefix(PREFIX), point.name, name, version, point)
