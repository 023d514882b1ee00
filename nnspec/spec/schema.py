"""A JSON Schema of the spec language as it is with the parts that are installed now.

Written for editors. The language server for YAML ignores ``discriminator`` and completes poorly through unions of
objects, so that a part is: text from a list of names, else a mapping with one of these names, whose value has a
definition of its own. It is draft 7, which that server knows best.
"""

import sys
from inspect import cleandoc
from typing import Any

from nnspec.contracts.part import PART_OF, Part
from nnspec.errors import BrokenPartError
from nnspec.registry import Catalogue, Entry
from nnspec.registry.kinds import KINDS
from nnspec.spec.document import Document

Schema = dict[str, Any]

NOUNS = {kind: contract.__name__.lower() for kind, contract in KINDS.items()}


def schema(catalogue: Catalogue) -> Schema:
    """The schema of a spec.

    Args:
        catalogue: The parts that a spec may name. One that cannot be loaded is named without its options.
    """
    definitions: Schema = {}
    for kind, contract in KINDS.items():
        entries = [entry for name in contract.kinds for entry in catalogue.entries(name)]
        definitions[kind] = _choice(kind, entries)
        for entry in catalogue.entries(kind):
            definitions[f"{kind}.{entry.name}"] = _part(entry)
    document = Document.model_json_schema()
    definitions |= document.pop("$defs", {})
    document["required"].remove("name")  # by default the file's name
    top = _rewritten(document)
    top["properties"]["nnspec"] = {"const": 1, "description": "version of the spec language", "default": 1}
    top["properties"]["extends"] = {
        "type": "string",
        "description": "a spec whose entries hold where this has none",
    }
    top["properties"]["input"] |= {
        "anyOf": [
            {"type": "integer", "minimum": 1},
            {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1},
        ]
    }
    top["$schema"] = "http://json-schema.org/draft-07/schema#"
    return {**top, "definitions": {name: _rewritten(value) for name, value in definitions.items()}}


def _choice(kind: str, entries: list[Entry]) -> Schema:
    """A place where one part of a kind stands."""
    alone = [entry for entry in entries if not _required(entry)]
    noun = NOUNS[kind]
    named = {
        "type": "object",
        "description": f"a {noun} by name: `name: value` or `name: {{options}}`",
        "properties": {entry.name: {"$ref": f"#/definitions/{entry.kind}.{entry.name}"} for entry in entries},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    name: Schema = {"type": "object"}  # where every part needs an option, a bare name will not do
    if alone:
        texts = [_summary(entry) for entry in alone]
        name = {"type": "string", "enum": [entry.name for entry in alone], "markdownEnumDescriptions": texts}
    # The language server reports mistakes best through if and then, and completes best from examples.
    return {"if": {"type": "object"}, "then": named, "else": name, "examples": [entry.name for entry in alone]}


def _part(entry: Entry) -> Schema:
    """What may stand behind a part's name: its options, its primary option, or nothing."""
    part = _loaded(entry)
    if part is None:
        return {}
    options = part.model_json_schema()
    shared = options.pop("$defs", {})
    if shared:
        raise NotImplementedError(f"{entry.name} declares options with definitions of their own")
    bare = dict(options["properties"][part.primary]) if part.primary is not None else {"type": "null"}
    text = {"description": _summary(entry), "markdownDescription": _markdown(entry)}
    return {"if": {"type": "object"}, "then": options | text, "else": bare | text, **text}


def _rewritten(value: Any) -> Any:
    """The same schema in draft 7's words: references to our definitions, no titles made of option names."""
    if isinstance(value, list):
        return [_rewritten(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _rewritten(item) for key, item in value.items() if not _is_noise(key, item)}
    if PART_OF in result:
        result["$ref"] = f"#/definitions/{result.pop(PART_OF)}"
    if str(result.get("$ref", "")).startswith("#/$defs/"):
        result["$ref"] = result["$ref"].replace("#/$defs/", "#/definitions/")
    return result


def _is_noise(key: str, value: object) -> bool:
    return key == "title" and isinstance(value, str)


def _loaded(entry: Entry) -> type[Part] | None:
    try:
        return entry.load()
    except BrokenPartError:
        return None


def _required(entry: Entry) -> bool:
    """Whether a part cannot be written as its bare name, since it has an option without a default."""
    part = _loaded(entry)
    return part is not None and any(field.is_required() for field in part.model_fields.values())


def _text(entry: Entry) -> str:
    part = _loaded(entry)
    return cleandoc(sys.modules[part.__module__].__doc__ or "") if part is not None else ""


def _summary(entry: Entry) -> str:
    return _text(entry).partition("\n")[0]


def _markdown(entry: Entry) -> str:
    """A part's own text, as an editor shows it on hover."""
    return f"{_text(entry)}\n\n*{entry.distribution} {entry.version}*"
