"""check_entry: an installed part, tried with the options that its own text shows."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from nnspec.contracts.part import Part
from nnspec.engine.threads import one_blas_thread
from nnspec.errors import SpecError
from nnspec.registry import Entry, default_resolver
from nnspec.registry.kinds import OUTSIDE
from nnspec.spec.about import about
from nnspec.spec.reader import read
from nnspec.testing.anything import check_any
from nnspec.testing.contract import ContractError


def check_entry(entry: Entry) -> int:
    """Runs the kit over an installed part, once with each set of options that its module's text shows.

    Args:
        entry: An entry of the catalogue.

    Returns:
        How many different parts were checked.

    Raises:
        ContractError: One of them breaks a contract, or the text shows none.
        BrokenPartError: The part cannot be loaded.
    """
    parts = examples(entry)
    with one_blas_thread():
        for part in parts:
            check_any(part)
    return len(parts)


def examples(entry: Entry) -> list[Part]:
    """The parts that the spec lines in a part's own text stand for; each but once.

    Raises:
        ContractError: There are none, or options do not fit.
        BrokenPartError: The part cannot be loaded.
    """
    kind = entry.load()
    rule = "a part shows spec lines that can be pasted"
    found: list[Part] = []
    for options in _shown(entry):
        try:
            part = default_resolver().part(kind, {f"{entry.distribution}.{entry.name}": options}, {})
        except (ValidationError, PydanticCustomError) as error:
            raise ContractError(kind, rule, f"{entry.name}: {options} is refused: {error}") from error
        if part not in found:
            found.append(part)
    if not found:
        raise ContractError(
            kind, rule, f"Write them, indented, below the first line, with `{entry.name}` in them."
        )
    return found


def _shown(entry: Entry) -> Iterator[Any]:
    """What stands behind the part's word in its snippet; None for the bare word."""
    if entry.kind in OUTSIDE:
        yield None
        return
    for lines in filter(None, re.split(r"\n(?=\S)", about(entry).snippet)):
        try:
            # Layers are also shown as entries of their list.
            value = read((f"layers:\n{lines}" if lines.startswith("-") else lines).encode(), entry.name).value
        except SpecError as error:
            raise ContractError(entry.load(), "a part shows spec lines that can be pasted", str(error)) from error
        yield from _behind(entry.name, value)


def _behind(word: str, value: object) -> Iterator[Any]:
    if value == word:
        yield None
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key == word:
                yield inner
            else:
                yield from _behind(word, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _behind(word, inner)
