"""What pydantic found, in the words of the spec and where it stands."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from nnspec.registry.suggestions import closest
from nnspec.spec.marks import Mark, Path, Place, Tree, path_text
from nnspec.spec.problems import Problem, shown

Names = Callable[[Path], tuple[str, ...]]
"""The names that the section at a path may hold."""

EXAMPLES = {
    "nnspec": "add `nnspec: 1`, the version of the spec language",
    "dataset": "add for example `dataset: mnist`; `nnspec parts loaders` lists what there is",
    "input": "add for example `input: 784`, the numbers in one sample",
    "layers": "add for example `layers: [{dense: 30}, sigmoid]`",
    "cost": "add for example `cost: cross_entropy`; `nnspec parts costs` lists what there is",
    "optimizer": "add for example `optimizer: {sgd: 0.1}`; `nnspec parts optimizers` lists what there is",
}

TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "model_attributes_type": "a mapping of names to values",
    "too_short": "at least one entry",
}

BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("of at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("of at most", "le"),
}

CODES = {
    "format": "NS030",
    "literal_error": "NS036",
    "input_shape": "NS037",
    "string_pattern_mismatch": "NS038",
    "string_too_long": "NS038",
    "unknown_part": "NS040",
    "ambiguous_part": "NS041",
    "broken_part": "NS042",
    "many_names": "NS043",
    "no_name": "NS044",
    "no_primary": "NS045",
}
"""Codes of pydantic's error types; types that stand in none of these tables are rules of a part, NS046."""


def from_validation(error: ValidationError, tree: Tree, names: Names) -> list[Problem]:
    """The problems in a pydantic error, in words, where they stand.

    Args:
        error: Its locations are paths into the tree.
        tree: The values that were validated.
        names: What the sections of the document may hold.
    """
    return [_problem(item, tree, names) for item in error.errors(include_url=False) if _is_real(item)]


def _is_real(item: Mapping[str, Any]) -> bool:
    # pydantic does not count items that are wrong themselves, and then finds the list too short.
    return bool(item["type"] != "too_short" or len(item["input"]) < item["ctx"]["min_length"])


def _problem(item: Mapping[str, Any], tree: Tree, names: Names) -> Problem:
    path: Path = tuple(item["loc"])
    context = item.get("ctx", {})
    kind = item["type"]
    place = tree.place(path)
    if kind == "extra_forbidden":
        return _unknown_name(path, place.key, context, names)
    if kind == "missing":
        owner = context.get("owner")
        message = f"`{path[-1]}` is missing" + (f": `{owner}` cannot do without it" if owner else "")
        return Problem("NS031", place.key, path_text(path[:-1]), message, _missing_hint(path, owner))
    mark = place.value
    if "word" in context:
        mark = tree.places.get((*path, context["word"]), Place(mark, mark)).key
    code, message = _said(item, context)
    hint = str(context.get("hint", "")) or _hint(kind, item["input"])
    return Problem(code, mark, path_text(path), message, hint)


def _said(item: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, str]:
    """The code, and what was expected and found."""
    kind, found = item["type"], shown(item["input"])
    if kind in BOUNDS:
        word, key = BOUNDS[kind]
        return "NS035", f"expected a number {word} {context[key]:g}, found {found}"
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "`")
        return "NS036", f"expected {expected}, found {found}"
    if kind in TYPES:
        return "NS034", f"expected {TYPES[kind]}, found {found}"
    if kind == "string_pattern_mismatch" and item["loc"] == ("name",):
        return "NS038", f"expected letters, digits, dots, dashes and underscores, found {found}"
    if kind == "string_pattern_mismatch":
        return "NS038", f"expected text that fits {context['pattern']}, found {found}"
    return CODES.get(kind, "NS046"), item["msg"]


def _unknown_name(path: Path, mark: Mark, context: Mapping[str, Any], names: Names) -> Problem:
    name, owner = str(path[-1]), context.get("owner")
    known = tuple(context["known"]) if owner else names(path[:-1])
    near = closest(name, known)
    if owner:
        message = f"`{owner}` has no option `{name}`"
    elif len(path) == 1:
        message = f"there is no section `{name}`"
    else:
        message = f"`{path[-2]}` has nothing called `{name}`"
    if near:
        hint = f"did you mean `{near}`?"
    elif context.get("elsewhere"):
        hint = f"`{name}` is an option of {context['elsewhere']}"
    elif known:
        hint = f"there are: {', '.join(known)}"
    else:
        hint = "remove it"
    return Problem("NS033" if owner else "NS032", mark, path_text(path[:-1]), message, hint)


def _missing_hint(path: Path, owner: str | None) -> str:
    name = str(path[-1])
    return f"write `{owner}: {{{name}: ...}}`" if owner else EXAMPLES.get(name, f"add `{name}:`")


def _hint(kind: str, found: object) -> str:
    if isinstance(found, str) and kind in ("int_type", "float_type") and _is_number(found):
        return "write it without quotation marks"
    if kind == "bool_type" and found in ("yes", "no", "on", "off"):
        return f"`{found}` is text in YAML 1.2: write {'true' if found in ('yes', 'on') else 'false'}"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
