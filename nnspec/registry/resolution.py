"""Spec entries to parts: ``dense``, ``dense: 30`` and ``dense: {units: 30}`` are one thing."""

from collections.abc import Mapping
from functools import cache
from typing import Any, LiteralString, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from nnspec.contracts.guests import HOME, said
from nnspec.contracts.part import Part
from nnspec.errors import (
    AmbiguousPartError,
    BrokenPartError,
    OtherContractError,
    PartError,
    UnknownPartError,
    UsageError,
)
from nnspec.registry.catalogue import Catalogue

P = TypeVar("P", bound=Part)


ERROR_TYPES: dict[type[PartError], LiteralString] = {
    UnknownPartError: "unknown_part",
    AmbiguousPartError: "ambiguous_part",
    BrokenPartError: "broken_part",
    OtherContractError: "broken_part",
}


class CatalogueResolver:
    """Resolves names over a catalogue of installed parts."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def part(self, contract: type[P], entry: object, context: Mapping[str, Any]) -> P:
        """The part that an entry names; see `nnspec.contracts.part.Resolver`."""
        name, options = self._named(contract, entry)
        try:
            kind = cast(type[P], self.catalogue.find(contract.kinds, name).load())
        except PartError as error:
            hint = self._inside(contract, options) or self._before(contract, name) or error.hint
            found = {"problem": str(error), "hint": hint, "word": name}
            raise PydanticCustomError(ERROR_TYPES[type(error)], "{problem}", found) from error
        if not isinstance(options, Mapping) and kind.primary is None:
            raise _no_primary(kind, name)
        bare = not isinstance(options, Mapping)
        given = {kind.primary: options} if bare else options
        try:
            return kind.model_validate(given, context={**context, "resolver": self})
        except ValidationError as error:
            raise self._behind(name, kind.primary if bare else None, error, kind) from error
        except (Exception, SystemExit) as error:
            if kind.__module__.startswith(HOME):
                raise
            # A plugin's own rule about its options may fail in any way.
            problem = f"{kind.kinds[0]} part `{name}` of {self._origin(kind)} fails on its options: {said(error)}"
            raise PydanticCustomError("faulty_part", "{problem}", {"problem": problem, "word": name}) from error

    def word(self, part: Part) -> str:
        """The word by which a spec names this part."""
        return self.catalogue.word(type(part))

    def origin(self, part: Part) -> str:
        """The distribution that brings this part, and its version; the module of one that none brings."""
        return self._origin(type(part))

    def _origin(self, kind: type[Part]) -> str:
        entry = self.catalogue.entry(kind)
        return entry.origin if entry is not None else kind.__module__

    def _behind(self, name: str, bare: str | None, error: ValidationError, kind: type[Part]) -> ValidationError:
        """The same errors, with locations that start where the spec names the part."""
        details = []
        for item in error.errors(include_url=False):
            location = item["loc"]
            if bare is not None and location[:1] == (bare,):
                location = location[1:]
            kept = dict(item.get("ctx", {}))
            if item["type"] in ("extra_forbidden", "missing") and len(item["loc"]) == 1:
                kept |= {"known": tuple(kind.model_fields), "owner": name}
            if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
                kept["elsewhere"] = self.catalogue.owners(kind.kinds).get(str(item["loc"][0]), [])
            reason = PydanticCustomError(item["type"], cast(Any, item["msg"]), kept)
            details.append(InitErrorDetails(type=reason, loc=(name, *location), input=item["input"]))
        return ValidationError.from_exception_data(name, details)

    def _named(self, contract: type[Part], entry: object) -> tuple[str, object]:
        """The word of an entry, and what stands behind it."""
        if isinstance(entry, str):
            return entry, {}
        if isinstance(entry, Mapping) and len(entry) == 1:
            ((name, options),) = entry.items()
            if isinstance(name, str):
                return name, {} if options is None else options
        noun = contract.__name__.lower()
        if isinstance(entry, Mapping) and len(entry) > 1:
            raise self._many_names(contract, noun, entry)
        raise PydanticCustomError(
            "no_name",
            "expected {article} {noun}",
            {
                "article": "an" if noun[0] in "aeiou" else "a",
                "noun": noun,
                "hint": "write it as `name`, `name: value` or `name: {options}`",
            },
        )

    def _many_names(self, contract: type[Part], noun: str, entry: Mapping[str, Any]) -> PydanticCustomError:
        """The error of several names in one entry, with the entry that was meant where that can be told."""
        words = [name for name in entry if self._options(contract, name) is not None]
        context: dict[str, Any] = {"noun": noun, "names": ", ".join(f"`{name}`" for name in entry)}
        if len(words) == 1:
            others = {name: value for name, value in entry.items() if name != words[0]}
            context |= {"word": next(iter(others)), "hint": "options stand inside their part"}
            context["meant"] = self._indented(contract, words[0], entry[words[0]], others)
        elif words:
            context["word"] = words[1]
        else:
            hint = self._inside(contract, *entry.values())
            context["hint"] = hint or "keep one; its options belong inside: `name: {option: value}`"
        return PydanticCustomError("many_names", "one {noun} here, but several names: {names}", context)

    def _indented(self, contract: type[Part], word: str, bare: object, others: Mapping[str, Any]) -> object:
        """The part with the options that stand beside it, as an entry of a spec; None where that is none."""
        options = self._options(contract, word) or ()
        if isinstance(bare, Mapping):
            given = {**bare, **others}
        elif bare is None:
            given = dict(others)
        else:
            primary = self.catalogue.find(contract.kinds, word).load().primary
            given = {word if primary in others else str(primary): bare, **others}
        return {word: given} if given and set(given) <= set(options) else None

    def _inside(self, contract: type[Part], *values: object) -> str:
        """What to write where the part's word is a value: ``type: dense``."""
        for value in values:
            if isinstance(value, str) and self._options(contract, value) is not None:
                return f"a part's own name comes first: `{value}`, `{value}: value` or `{value}: {{options}}`"
        return ""

    def _before(self, contract: type[Part], name: str) -> str:
        """What to write where an option stands and no part: ``units: 30``."""
        if name not in self.catalogue.owners(contract.kinds):
            return ""
        return f"`{name}` is an option: before it stands the name of the part that has it"

    def _options(self, contract: type[Part], name: str) -> tuple[str, ...] | None:
        """The options of a part; None where there is no such part."""
        try:
            return self.catalogue.find(contract.kinds, name).options()
        except PartError:
            return None


def _no_primary(kind: type[Part], name: str) -> PydanticCustomError:
    known = ", ".join(kind.model_fields)
    if not known:
        context = {"word": name, "hint": f"write `{name}`"}
        return PydanticCustomError("no_primary", "`{word}` has no options, and so takes no value", context)
    return PydanticCustomError(
        "no_primary",
        "`{word}` takes its options by name, not a bare value",
        {"word": name, "hint": f"options of `{name}`: {known}"},
    )


def named_part(contract: type[P], text: str) -> P:
    """The part that a command line names: ``numpy``, or ``local=4`` for its primary option.

    Raises:
        PartError: There is none of that name, or it cannot be loaded.
        UsageError: The option does not fit.
    """
    name, equals, value = text.partition("=")
    resolver = default_resolver()
    resolver.catalogue.find(contract.kinds, name).load()
    given = int(value) if value.isdecimal() else value
    try:
        return resolver.part(contract, {name: given} if equals else name, {})
    except (PydanticCustomError, ValidationError) as error:
        said = error.errors(include_url=False)[0]["msg"] if isinstance(error, ValidationError) else error.message()
        raise UsageError(f"{text}: {said}") from None


@cache
def default_resolver() -> CatalogueResolver:
    """The resolver over everything installed."""
    return CatalogueResolver(Catalogue())
