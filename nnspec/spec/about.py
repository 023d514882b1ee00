"""What parts and sections are, in words: types and bounds of options, and what a part's own text says."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from itertools import takewhile
from typing import Any

from nnspec.contracts.part import PART_OF
from nnspec.registry import Entry
from nnspec.spec.yaml_core import dump_flow

REQUIRED, NONE = "required", "none"
_WORDS = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "null": "nothing",
}
_SIGNS = (("exclusiveMinimum", ">"), ("minimum", ">="), ("exclusiveMaximum", "<"), ("maximum", "<="))


@dataclass(frozen=True)
class Option:
    """One option of a part, or one entry of a section.

    Attributes:
        name: The word in a spec.
        type: What it may be, with its bounds.
        default: What it is otherwise, as a spec writes it; ``required`` or ``none``.
        about: What it means.
    """

    name: str
    type: str
    default: str
    about: str


@dataclass(frozen=True)
class About:
    """What a part says of itself.

    Attributes:
        kind: ``layers``, ``costs`` and so on.
        name: The word in a spec.
        origin: The distribution that brings it, and its version.
        summary: What it does, in a line.
        text: The whole text that its module opens with.
        snippet: Lines of a spec that have the part, to be pasted.
        details: What the text says beside summary and snippet: shapes, formulas, sources.
        primary: The option that ``name: value`` sets.
        options: All options.
    """

    kind: str
    name: str
    origin: str
    summary: str
    text: str
    snippet: str
    details: str
    primary: str | None
    options: tuple[Option, ...]


def about(entry: Entry) -> About:
    """What a part says of itself.

    Raises:
        BrokenPartError: It cannot be loaded.
    """
    part = entry.load()
    text = part_text(entry)
    first, _, rest = text.partition("\n")
    # The text's first indented lines are those of a spec.
    lines = rest.strip("\n").split("\n")
    snippet = list(takewhile(lambda line: not line or line.startswith("    "), lines))
    return About(
        kind=entry.kind,
        name=entry.name,
        origin=f"{entry.distribution} {entry.version}",
        summary=first.partition(": ")[2] or first,
        text=text,
        snippet=cleandoc("\n".join(["", *snippet])),
        details="\n".join(lines[len(snippet) :]).strip("\n"),
        primary=part.primary,
        options=tuple(options(part.model_json_schema())),
    )


def part_text(entry: Entry) -> str:
    """The text that a part's module opens with.

    Raises:
        BrokenPartError: It cannot be loaded.
    """
    # Not `cleandoc`, which would take the indent from spec lines with nothing below them.
    return (sys.modules[entry.load().__module__].__doc__ or "").strip()


def options(schema: Mapping[str, Any]) -> Iterator[Option]:
    """The options of a part, or the entries of a section, from its JSON schema."""
    for name, field in schema["properties"].items():
        default = REQUIRED if name in schema.get("required", ()) else _default(field)
        yield Option(name, type_text(field), default, field.get("description", ""))


def type_text(schema: Mapping[str, Any]) -> str:
    """What a value may be, in words, from its JSON schema."""
    if PART_OF in schema:
        return f"a part of {schema[PART_OF]}"
    if choices := schema.get("enum", [schema[key] for key in ("const",) if key in schema]):
        return " or ".join(f"`{choice}`" for choice in choices)
    if "anyOf" in schema:
        words = dict.fromkeys(type_text(form) for form in schema["anyOf"])
        # Every whole number is a number.
        return " or ".join(word for word in words if word != "whole number" or "number" not in words)
    if schema.get("type") == "array":
        return _list_text(schema)
    if schema.get("type") not in _WORDS:
        return "mapping" if schema.get("type") == "object" or "$ref" in schema else "anything"
    bounds = [f"{sign} {_number(schema[key])}" for key, sign in _SIGNS if key in schema]
    return " ".join([_WORDS[schema["type"]], " and ".join(bounds)]).strip()


def _list_text(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minItems"), schema.get("maxItems")
    count = f"{least} " if least == most and least is not None else ""
    item = schema["prefixItems"][0] if "prefixItems" in schema else schema.get("items", {})
    words = f"parts of {item[PART_OF]}" if PART_OF in item else type_text(item)
    for one, many in (("list of ", "lists of "), ("number ", "numbers ")):
        words = f"{words} ".replace(one, many, 1).strip() if many not in f"{words} " else words
    return f"list of {count}{words}"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    # A section has entries with defaults of their own.
    return NONE if value is None or "$ref" in field else dump_flow(value)
