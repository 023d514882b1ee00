"""The parts of plugins that a document names, and where."""

from collections.abc import Iterator
from itertools import chain

from pydantic import BaseModel

from nnspec.contracts.guests import is_guest
from nnspec.contracts.part import Part
from nnspec.registry import CatalogueResolver
from nnspec.spec.marks import Path
from nnspec.types import ITS_NAME


def parts(value: object, path: Path = ()) -> Iterator[tuple[Part, Path]]:
    """Every part in a document, or in what one of its sections holds, with the path at which it stands."""
    if isinstance(value, Part):
        yield value, path
        path = (*path, ITS_NAME)
    if isinstance(value, BaseModel):
        yield from chain.from_iterable(
            parts(getattr(value, name), (*path, name)) for name in type(value).model_fields
        )
    elif isinstance(value, tuple | list):
        yield from chain.from_iterable(parts(item, (*path, index)) for index, item in enumerate(value))


def guests(document: BaseModel) -> list[tuple[Part, Path]]:
    """The parts of a document that are not nnspec's own."""
    return [(part, path) for part, path in parts(document) if is_guest(part)]


def versions(document: BaseModel, resolver: CatalogueResolver) -> dict[str, str]:
    """The distributions that bring them, each with its version."""
    entries = (resolver.catalogue.entry(type(part)) for part, _ in guests(document))
    return {
        entry.distribution: entry.version for entry in sorted(filter(None, entries), key=lambda found: found.full)
    }
