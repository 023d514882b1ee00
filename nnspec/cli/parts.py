"""`nnspec parts [KIND [NAME]]`: what there is, and what each part does."""

import argparse
import json
import sys
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from nnspec.cli.arguments import add_json
from nnspec.cli.table import table
from nnspec.contracts.part import Part
from nnspec.errors import GOOD, BrokenPartError, UsageError
from nnspec.registry import Catalogue, Entry
from nnspec.registry.kinds import KINDS
from nnspec.registry.suggestions import closest


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("kind", metavar="KIND", nargs="?", help=f"one of: {', '.join(KINDS)}")
    parser.add_argument("name", metavar="NAME", nargs="?", help="a part, to be explained")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    catalogue = Catalogue()
    if args.kind is not None and args.kind not in KINDS:
        near = closest(args.kind, KINDS)
        hint = f"did you mean `{near}`?" if near else f"one of: {', '.join(KINDS)}"
        raise UsageError(f"there is no kind `{args.kind}`; {hint}")
    if args.name is not None:
        entry = catalogue.find((args.kind,), args.name)
        described = _described(entry, entry.load())
        print(json.dumps(described, indent=2, ensure_ascii=False) if args.json else _page(described))
        return GOOD
    kinds = [args.kind] if args.kind is not None else list(KINDS)
    rows = [_row(entry) for kind in kinds for entry in catalogue.entries(kind)]
    if args.json:
        names = ("kind", "name", "summary", "origin")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2, ensure_ascii=False))
    else:
        print(table(("kind", "name", "what it is", "from"), rows))
    return GOOD


def _row(entry: Entry) -> tuple[str, str, str, str]:
    origin = f"{entry.distribution} {entry.version}"
    try:
        return entry.kind, entry.name, _summary(entry.load()), origin
    except BrokenPartError as error:
        # One broken plugin does not keep the others from being listed.
        return entry.kind, entry.name, f"cannot be loaded: {error.__cause__}", origin


def _summary(part: type[Part]) -> str:
    """The first line of the part's module, which names the part and says what it is."""
    first = cleandoc(sys.modules[part.__module__].__doc__ or "").partition("\n")[0]
    return first.partition(": ")[2] or first


def _described(entry: Entry, part: type[Part]) -> dict[str, Any]:
    module = sys.modules[part.__module__]
    return {
        "kind": entry.kind,
        "name": entry.name,
        "origin": f"{entry.distribution} {entry.version}",
        "summary": _summary(part),
        "text": cleandoc(module.__doc__ or ""),
        "primary": part.primary,
        "options": [
            {
                "name": name,
                "type": _type(field.annotation, field),
                "default": _default(field),
                "about": field.description or "",
            }
            for name, field in part.model_fields.items()
        ],
    }


def _page(described: dict[str, Any]) -> str:
    lines = [described["text"], "", f"from {described['origin']}"]
    if described["options"]:
        rows = [
            (
                option["name"] + (" *" if option["name"] == described["primary"] else ""),
                option["type"],
                option["default"],
                option["about"],
            )
            for option in described["options"]
        ]
        lines += ["", table(("option", "type", "default", "what it is"), rows)]
        if described["primary"]:
            lines += ["", f"* also set by `{described['name']}: value`"]
    else:
        lines += ["", "no options"]
    return "\n".join(lines)


_WORDS = {int: "whole number", float: "number", bool: "true or false", str: "text", NoneType: "nothing"}
_SIGNS = (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<="))


def _type(annotation: Any, field: FieldInfo) -> str:
    """An option's type in words, with its bounds."""
    bounds = [
        f"{sign} {getattr(item, key):g}"
        for item in field.metadata
        for key, sign in _SIGNS
        if getattr(item, key, None) is not None
    ]
    return " ".join([_words(annotation), *bounds])


def _words(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return f"a part of {annotation.kinds[0]}"
    if annotation in _WORDS:
        return _WORDS[annotation]
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    words = list(dict.fromkeys(_words(argument) for argument in arguments))
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(words)
    if get_origin(annotation) is Annotated:
        return words[0]
    return f"list of {words[0]}" if get_origin(annotation) is tuple and words else str(annotation)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None:
        return "none"
    return json.dumps(field.default) if not isinstance(field.default, str) else field.default
