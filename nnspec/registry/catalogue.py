"""The parts that are installed: listing reads metadata only, a part is imported when it is asked for."""

import os
from collections.abc import Mapping
from functools import cached_property

from nnspec.contracts.part import Part
from nnspec.errors import AmbiguousPartError, UnknownPartError
from nnspec.registry.entry import OWN, Entry
from nnspec.registry.installed import canonical, installed
from nnspec.registry.kinds import KINDS
from nnspec.registry.suggestions import closest

ALLOWED = "NNSPEC_PLUGINS"
"""Environment variable: the distributions that may bring parts beside nnspec, parted by commas; all by default."""


class Catalogue:
    """All parts that are installed in this environment, and may be loaded.

    A built-in part keeps its word, whatever is installed: a plugin that claims it goes by its full word alone.
    """

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
                choices = " or ".join(f"`{entry.full}`" for entry in found)
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
                    found.setdefault(option, []).append(self.entry_word(entry))
        return self._owners[kinds]

    def entry(self, part: type[Part]) -> Entry | None:
        """The entry of a class; None where it is registered nowhere."""
        value = f"{part.__module__}:{part.__qualname__}"
        found = (entry for kind in part.kinds for entry in self._entries[kind] if entry.value == value)
        return next(found, None)

    def word(self, part: type[Part]) -> str:
        """The name under which a class is registered; its module's name where it is not."""
        entry = self.entry(part)
        return self.entry_word(entry) if entry is not None else part.__module__.rpartition(".")[2]

    def entry_word(self, entry: Entry) -> str:
        """The shortest word that picks an entry among those of its kind."""
        if entry.own:
            return entry.name
        claimants = [other for other in self.entries(entry.kind) if other.name == entry.name]
        return entry.name if len(claimants) == 1 else entry.full

    def version(self, distribution: str) -> str | None:
        """The version of a distribution that brings parts; None where there is none of that name."""
        wanted = canonical(distribution)
        found = (entry.version for entry in self._installed if canonical(entry.distribution) == wanted)
        return next(found, None)

    def may_load(self, distribution: str) -> bool:
        """Whether parts of a distribution may be loaded here."""
        return distribution == OWN or self._allowed is None or canonical(distribution) in self._allowed

    @cached_property
    def kept_out(self) -> list[Entry]:
        """Parts that are installed and may not be loaded."""
        return [entry for entry in self._installed if not self.may_load(entry.distribution)]

    @cached_property
    def _installed(self) -> list[Entry]:
        return [entry for entry in installed() if entry.kind in KINDS]

    @cached_property
    def _allowed(self) -> frozenset[str] | None:
        names = os.environ.get(ALLOWED)
        return None if names is None else frozenset(canonical(name.strip()) for name in names.split(","))

    @cached_property
    def _entries(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
        for entry in self._installed:
            if self.may_load(entry.distribution):
                found[entry.kind].append(entry)
        return {kind: sorted(entries, key=lambda entry: entry.name) for kind, entries in found.items()}

    @cached_property
    def _named(self) -> dict[str, dict[str, list[Entry]]]:
        """The entries of each kind, by their words and their full words."""
        found: dict[str, dict[str, list[Entry]]] = {}
        for kind, entries in self._entries.items():
            words = found.setdefault(kind, {})
            for entry in entries:
                words.setdefault(entry.name, []).append(entry)
                words.setdefault(entry.full, []).append(entry)
            for word, claimants in words.items():
                words[word] = [entry for entry in claimants if entry.own] or claimants
        return found

    def _unknown(self, kinds: tuple[str, ...], name: str) -> UnknownPartError:
        for entry in self.kept_out:
            if entry.kind in kinds and name in (entry.name, entry.full):
                message = f"`{name}` is a part of {entry.origin}, which may not be loaded here"
                hint = f"leave `--no-plugins` out, or add {entry.distribution} to {ALLOWED}"
                return UnknownPartError(message, kinds[0], name, hint)
        message = f"nothing called `{name}` among the {kinds[0]}"
        return UnknownPartError(message, kinds[0], name, self._instead(kinds, name))

    def _instead(self, kinds: tuple[str, ...], name: str) -> str:
        """What to write in place of a name that does not exist."""
        names = [entry.name for kind in kinds for entry in self._entries[kind]]
        near = closest(name, names)
        elsewhere = [
            kind for kind in KINDS if kind not in kinds for entry in self._entries[kind] if entry.name == name
        ]
        ending = name.rpartition(".")[2]
        word, colon, value = name.partition(":")
        if colon and word in names:
            return f"a space belongs behind the colon: `{word}: {value.strip()}`"
        if near:
            return f"did you mean `{near}`?"
        if elsewhere:
            return f"`{name}` is among the {elsewhere[0]}; here one of these stands: {', '.join(names)}"
        if "." in name and ending in names:
            return f"did you mean `{{{ending}: {name}}}`?"
        if canonical(name).startswith(f"{OWN}-") and "." in name:
            return f"pip install {name.partition('.')[0]}"
        return f"one of: {', '.join(names)}"
