"""Problems of a spec, as a reader meets them: where, what was expected, what was found, what to do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from nnspec.registry.suggestions import closest
from nnspec.spec.marks import Mark, Path, Place, Tree, path_text


@dataclass(frozen=True)
class Problem:
    """One mistake.

    Attributes:
        mark: Where it stands.
        where: The same in words: ``layers[2].dense.units``; empty for the file as a whole.
        message: What was expected and what was found.
        hint: What to do.
        table: Lines that explain, such as the stack so far.
    """

    mark: Mark
    where: str
    message: str
    hint: str = ""
    table: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        lines = [f"{self.mark}: {where}{self.message}"]
        if self.mark.line <= len(self.mark.text.lines):
            lines += [f"    | {line}" for line in _excerpt(self.mark)]
        lines += [f"    | {row}" for row in self.table]
        if self.hint:
            lines.append(f"    = {self.hint}")
        return "\n".join(lines)


# A line longer than this is shown around its mistake only.
WIDTH = 110


def _excerpt(mark: Mark) -> tuple[str, str]:
    """The line that a mark stands on, and a line with carets below the mark."""
    source = mark.text.lines[mark.line - 1].replace("\t", " ")
    start = mark.column - 1
    left = max(0, start - WIDTH // 2) if len(source) > WIDTH else 0
    shown_part = source[left : left + WIDTH]
    carets = min(max(1, mark.length), max(1, left + WIDTH - start))
    ahead, behind = "..." if left else "", "..." if left + WIDTH < len(source) else ""
    return ahead + shown_part + behind, " " * (len(ahead) + start - left) + "^" * carets


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the text, each said once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.mark.text.name, problem.mark.line, problem.mark.column))


Names = Callable[[Path], tuple[str, ...]]
"""The names that the section at a path may hold."""


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
    mark = place.value
    if "word" in context:
        mark = tree.places.get((*path, context["word"]), Place(mark, mark)).key
    if kind == "extra_forbidden":
        return _unknown_name(path, place.key, context, names)
    if kind == "missing":
        owner = context.get("owner")
        message = f"`{path[-1]}` is missing" + (f": `{owner}` cannot do without it" if owner else "")
        return Problem(place.key, path_text(path[:-1]), message, _missing_hint(path, owner))
    expected = _expected(kind, context)
    if expected is None:
        return Problem(mark, path_text(path), item["msg"], str(context.get("hint", "")))
    found = shown(item["input"])
    return Problem(mark, path_text(path), f"expected {expected}, found {found}", _hint(kind, item["input"]))


def _unknown_name(path: Path, mark: Mark, context: Mapping[str, Any], names: Names) -> Problem:
    name = str(path[-1])
    owner = context.get("owner")
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
    elif known:
        hint = f"there are: {', '.join(known)}"
    else:
        hint = "remove it"
    return Problem(mark, path_text(path[:-1]), message, hint)


def _missing_hint(path: Path, owner: str | None) -> str:
    name = path[-1]
    if owner:
        return f"write `{owner}: {{{name}: ...}}`"
    return EXAMPLES.get(str(name), f"add `{name}:`")


EXAMPLES = {
    "nnspec": "add `nnspec: 1`, the version of the spec language",
    "dataset": "add for example `dataset: mnist`; `nnspec parts loaders` lists what there is",
    "input": "add for example `input: 784`, the numbers in one sample",
    "layers": "add for example `layers: [{dense: 30}, sigmoid]`",
    "cost": "add for example `cost: cross_entropy`; `nnspec parts costs` lists what there is",
    "optimizer": "add for example `optimizer: {sgd: 0.1}`; `nnspec parts optimizers` lists what there is",
}

_PLAIN = {
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

_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("of at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("of at most", "le"),
}


def _expected(kind: str, context: Mapping[str, Any]) -> str | None:
    """What pydantic expected, in words; None for problems that say it themselves."""
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        return f"a number {word} {context[key]:g}"
    if kind == "literal_error":
        return str(context["expected"]).replace("'", "`")
    if kind == "string_pattern_mismatch":
        return f"text that fits `{context['pattern']}`"
    if kind == "string_too_long":
        return f"text of at most {context['max_length']} characters"
    return _PLAIN.get(kind)


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


def shown(value: object) -> str:
    """A value as a message shows it: short, in the words of YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'the text "{value if len(value) <= 40 else value[:37] + "..."}"'
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    return f"{value}"
