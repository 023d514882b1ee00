"""What a class states about its parts, held to its contract: a misspelt word would silently be another."""

from collections.abc import Iterator
from inspect import get_annotations
from typing import Any, ClassVar, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from nnspec.contracts.part import Part

CONTRACTS = "nnspec.contracts."
"""Where the contracts live."""


def misstated(kind: type[Part]) -> str:
    """What is wrong with what a class states, to be read after the part's name; empty where nothing is."""
    for name, expected in _stated(kind):
        value = getattr(kind, name)
        if isinstance(value, property):
            continue  # depends on options
        try:
            TypeAdapter(expected).validate_python(value)
        except ValidationError as error:
            wanted = error.errors()[0]["msg"].removeprefix("Input should be ")
            return f"states `{name}` as {value!r}, expected {wanted}"
    if kind.primary is not None and kind.primary not in kind.model_fields:
        options = ", ".join(kind.model_fields) or "none"
        return f"states `primary` as {kind.primary!r}, which is none of its options: {options}"
    return ""


def _stated(kind: type[Part]) -> Iterator[tuple[str, Any]]:
    """The class variables of the contracts that a class keeps, each with the type that it has there."""
    for contract in kind.__mro__:
        if contract.__module__.startswith(CONTRACTS):
            for name, annotation in get_annotations(contract).items():
                origin: object = get_origin(annotation)
                if origin is ClassVar:
                    yield name, get_args(annotation)[0]
