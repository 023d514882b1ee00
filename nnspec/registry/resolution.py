"""Spec entries to parts: ``dense``, ``dense: 30`` and ``dense: {units: 30}`` are one thing."""

from collections.abc import Mapping
from functools import cache
from typing import Any, LiteralString, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from nnspec.contracts.part import Part
from nnspec.errors import AmbiguousPartError, BrokenPartError, PartError, UnknownPartError
from nnspec.registry.catalogue import Catalogue

P = TypeVar("P", bound=Part)


ERROR_TYPES: dict[type[PartError], LiteralString] = {
    UnknownPartError: "unknown_part",
    AmbiguousPartError: "ambiguous_part",
    BrokenPartError: "broken_part",
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
            context = {"problem": str(error), "hint": error.hint, "word": name}
            raise PydanticCustomError(ERROR_TYPES[type(error)], "{problem}", context) from error
        if not isinstance(options, Mapping) and kind.primary is None:
            raise PydanticCustomError(
                "no_primary",
                "`{word}` takes its options by name, not a bare value",
                {"word": name, "hint": _options(kind, name)},
            )
        bare = not isinstance(options, Mapping)
        given = {kind.primary: options} if bare else options
        try:
            return kind.model_validate(given, context={**context, "resolver": self})
        except ValidationError as error:
            raise self._behind(name, kind.primary if bare else None, error, kind) from error

    def word(self, part: Part) -> str:
        """The word by which a spec names this part."""
        return self.catalogue.word(type(part))

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
                kept["elsewhere"] = self._owners(kind, str(item["loc"][0]))
            reason = PydanticCustomError(item["type"], cast(Any, item["msg"]), kept)
            details.append(InitErrorDetails(type=reason, loc=(name, *location), input=item["input"]))
        return ValidationError.from_exception_data(name, details)

    def _owners(self, kind: type[Part], option: str) -> str:
        """Which other parts of a kind have an option of this name."""
        entries = [entry for group in kind.kinds for entry in self.catalogue.entries(group)]
        owners = [f"`{entry.name}`" for entry in entries if option in entry.options()]
        return " and ".join(owners)

    @staticmethod
    def _named(contract: type[Part], entry: object) -> tuple[str, object]:
        if isinstance(entry, str):
            return entry, {}
        if isinstance(entry, Mapping) and len(entry) == 1:
            ((name, options),) = entry.items()
            if isinstance(name, str):
                return name, {} if options is None else options
        noun = contract.__name__.lower()
        article = "an" if noun[0] in "aeiou" else "a"
        if isinstance(entry, Mapping) and len(entry) > 1:
            raise PydanticCustomError(
                "many_names",
                "one {noun} here, but several names: {names}",
                {
                    "noun": noun,
                    "names": ", ".join(f"`{name}`" for name in entry),
                    "hint": "keep one; its options belong inside: `name: {option: value}`",
                },
            )
        raise PydanticCustomError(
            "no_name",
            "expected {article} {noun}",
            {"article": article, "noun": noun, "hint": "write it as `name`, `name: value` or `name: {options}`"},
        )


def _options(kind: type[Part], name: str) -> str:
    known = ", ".join(kind.model_fields)
    return f"options of `{name}`: {known}" if known else f"`{name}` has no options"


@cache
def default_resolver() -> CatalogueResolver:
    """The resolver over everything installed."""
    return CatalogueResolver(Catalogue())
