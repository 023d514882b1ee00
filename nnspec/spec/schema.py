"""A JSON Schema of the spec language as it is with the parts that are installed now.

Written for editors, in draft 7, which the language server for YAML knows best. That server proposes what stands in
snippets and in ``properties``, shows the text of what fits on hover, and reports mistakes best through ``if`` and
``then``. So a part is: a mapping with one of the names that exist, each with a definition of its own, else one of
the names alone. What must be there stands apart from what may be there: a spec that extends another need not
repeat what that one says.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nnspec.contracts.part import PART_OF, Part
from nnspec.errors import BrokenPartError
from nnspec.registry import Catalogue, Entry
from nnspec.registry.kinds import KINDS, OUTSIDE
from nnspec.spec.about import part_text
from nnspec.spec.document import EXTENDS, MAX_AXES, PART_SECTIONS, Document
from nnspec.spec.versions import FORMAT

Schema = dict[str, Any]

FILE_NAME = "nnspec.schema.json"
"""How the schema is called where it stands in a file."""
NOUNS = {kind: contract.__name__.lower() for kind, contract in KINDS.items()}
SILENT: Schema = {"doNotSuggest": True}
"""For what an editor shall check and not propose, since it proposes the same from elsewhere."""


def schema_text(catalogue: Catalogue) -> str:
    """`schema` as the content of a file."""
    return json.dumps(schema(catalogue), indent=1, ensure_ascii=False) + "\n"


def modeline(path: str) -> str:
    """The comment that tells an editor where the schema is, as seen from the spec's folder."""
    return f"# yaml-language-server: $schema={path}"


def schema(catalogue: Catalogue) -> Schema:
    """The schema of a spec.

    Args:
        catalogue: The parts that a spec may name. One that cannot be loaded says so where it is named.
    """
    document = document_schema()
    definitions: Schema = document.pop("$defs")
    sections = {name: _kind(document["properties"][name]) for name in PART_SECTIONS}
    for kind in (kind for kind in KINDS if kind not in OUTSIDE):
        definitions[kind] = _choice(kind, _named(kind, catalogue))
        for entry in catalogue.entries(kind):
            part = _part(entry, definitions)
            if kind not in sections.values() and _required(entry):
                part["required"] = _required(entry)
            definitions[_reference(entry)] = part
    requirements = {name: _requirements(_named(kind, catalogue)) for name, kind in sections.items()}
    whole = {"required": document.pop("required"), "properties": requirements}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_rewritten(document | {"if": {"required": [EXTENDS]}, "else": whole}),
        "definitions": {name: _rewritten(value) for name, value in definitions.items()},
    }


def document_schema() -> Schema:
    """The sections as pydantic describes them, with what it cannot say of them."""
    document = Document.model_json_schema()
    document["required"].remove("name")  # by default the file's name
    sections = document["properties"]
    sections["name"]["description"] += "; by default the file's name"
    sections["nnspec"] = {"const": FORMAT, "description": "version of the spec language"}
    sections[EXTENDS] = {"type": "string", "description": "a spec whose entries hold where this has none"}
    length = {"type": "integer", "minimum": 1}
    lengths = {"type": "array", "items": length, "minItems": 1, "maxItems": MAX_AXES}
    sections["input"]["anyOf"] = [length, lengths]
    # Results are named after splits.
    sections["expect"]["propertyNames"] = {"pattern": r"^(train|validation|test)\..", "title": "test.accuracy"}
    return document


def _kind(section: Schema) -> str:
    """The kind of part that stands in a section."""
    return next(str(form[PART_OF]) for form in (section, *section.get("anyOf", ())) if PART_OF in form)


def _named(kind: str, catalogue: Catalogue) -> dict[str, Entry]:
    """The parts that may stand for a kind, by the word that picks each."""
    named: dict[str, Entry] = {}
    for group in KINDS[kind].kinds:
        for entry in catalogue.entries(group):
            named.setdefault(catalogue.entry_word(entry), entry)
    return named


def _choice(kind: str, named: Mapping[str, Entry]) -> Schema:
    """A place where one part stands."""
    # Any part also goes by its distribution's name and its own. That is rare, and what it holds is not looked at.
    distributions = sorted({re.escape(entry.distribution) for entry in named.values()})
    full = rf"^({'|'.join(distributions)})\."
    mapping = {
        "type": "object",
        "properties": {name: {"$ref": f"#/definitions/{_reference(entry)}"} for name, entry in named.items()},
        "patternProperties": {full: {}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    alone = [{"const": name, **_texts(entry)} for name, entry in named.items() if _stands_alone(entry)]
    return {
        "description": f"a {NOUNS[kind]}: `name`, `name: value` or `name: {{options}}`",
        "if": {"type": "object"},
        "then": mapping,
        "else": {"anyOf": [*alone, {"type": "string", "pattern": full}]},
        "defaultSnippets": [
            _snippet(name, entry)
            for name, entry in named.items()
            # In lists, a mapping is proposed by its key.
            if _loaded(entry) and (_stands_alone(entry) or kind not in LISTED)
        ],
    }


def _listed() -> set[str]:
    """Kinds whose parts stand in lists."""
    items = [section.get("items", {}) for section in Document.model_json_schema()["properties"].values()]
    return {item[PART_OF] for item in items if PART_OF in item}


LISTED = _listed()


def _snippet(name: str, entry: Entry) -> Schema:
    """What an editor proposes for a part: its name, or all on one line with places for what it must be told."""
    if _stands_alone(entry):
        return {"label": name, "bodyText": name, **_texts(entry)}
    required = _required(entry)
    options = ", ".join(f"{option}: ${number}" for number, option in enumerate(required, 1))
    text = "$1" if required in ([], [entry.load().primary]) else f"{{{options}}}"
    return {"label": f"{name}: ...", "bodyText": f"{{{name}: {text}}}", **_texts(entry)}


def _part(entry: Entry, definitions: Schema) -> Schema:
    """What may stand behind a part's name: its options, its primary option, or nothing."""
    part = _loaded(entry)
    if part is None:
        return _texts(entry)
    options = part.model_json_schema(ref_template=f"#/definitions/{_reference(entry)}.{{model}}")
    definitions.update((f"{_reference(entry)}.{name}", item) for name, item in options.pop("$defs", {}).items())
    # Its own text says more than the class's, and more than that of the primary option.
    del options["description"]
    options.pop("required", None)
    either: Schema = {**_texts(entry), "if": {"type": "object"}, "then": options}
    primary = None
    if part.primary is not None:
        primary = _rewritten(_without(options["properties"][part.primary], "description"))
    if _stands_alone(entry):
        return {**either, "else": {"anyOf": [*([] if primary is None else [primary]), {"type": "null"}]}}
    # Told what may stand there, the editor writes a colon behind the name.
    types = ["object"] if primary is None else _types(primary)
    return {**either, **({"type": types} if types else {}), "else": _without(primary or {}, "type")}


def _types(primary: Schema) -> list[str]:
    """The types of what may stand behind a part's name; none where its primary option's schema does not tell."""
    forms = [form.get("type", "string" if "$ref" in form else None) for form in primary.get("anyOf", [primary])]
    return list(dict.fromkeys([*forms, "object"])) if all(isinstance(form, str) for form in forms) else []


def _requirements(named: Mapping[str, Entry]) -> Schema:
    """The options that the part in a section cannot do without."""
    parts = {name: {"required": _required(entry), **SILENT} for name, entry in named.items() if _required(entry)}
    return {"properties": parts, **SILENT}


def _rewritten(value: Any) -> Any:
    """The same schema in draft 7's words, without what would be a nuisance in an editor."""
    if isinstance(value, list):
        return [_rewritten(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _rewritten(item) for key, item in value.items() if not _is_nuisance(key, item)}
    if PART_OF in result:
        result["$ref"] = f"#/definitions/{result.pop(PART_OF)}"
    if str(result.get("$ref", "")).startswith("#/$defs/"):
        result["$ref"] = result["$ref"].replace("#/$defs/", "#/definitions/")
    if "prefixItems" in result:
        result["items"] = result.pop("prefixItems")
    if result.get("type") == "array" and "minLength" in result:
        result["minItems"] = result.pop("minLength")
    if result.get("type") == "integer" and result.get("exclusiveMinimum") == 0:
        result["minimum"] = result.pop("exclusiveMinimum") + 1
    return result


def _is_nuisance(key: str, value: object) -> bool:
    """Titles that pydantic makes of names, and defaults of nothing, which would be written out as ``null``."""
    return (key == "title" and isinstance(value, str) and value[:1].isupper()) or (
        key == "default" and value is None
    )


def _without(schema: Schema, key: str) -> Schema:
    return {other: value for other, value in schema.items() if other != key}


def _reference(entry: Entry) -> str:
    return f"{entry.kind}.{entry.distribution}.{entry.name}"


def _loaded(entry: Entry) -> type[Part] | None:
    try:
        return entry.load()
    except BrokenPartError:
        return None


def _required(entry: Entry) -> list[str]:
    """The options without a default."""
    part = _loaded(entry)
    return [name for name, field in part.model_fields.items() if field.is_required()] if part is not None else []


def _stands_alone(entry: Entry) -> bool:
    """Whether a part needs to be told nothing but its name."""
    part = _loaded(entry)
    try:
        return part is None or bool(part())
    except ValidationError:
        return False


def _texts(entry: Entry) -> Schema:
    """What an editor shows of a part: a line, its own text on hover, or why it cannot be had."""
    try:
        text = part_text(entry)
    except BrokenPartError as error:
        return {"description": str(error), "deprecationMessage": str(error)}
    origin = f"*{entry.distribution} {entry.version}*"
    return {"description": text.partition("\n")[0], "markdownDescription": f"{text}\n\n{origin}"}
