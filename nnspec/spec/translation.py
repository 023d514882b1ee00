"""What pydantic found, in the words of the spec and where it stands."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from nnspec.registry.suggestions import closest
from nnspec.spec.document import EXTENDS, SECTIONS, home, names
from nnspec.spec.hints import EXAMPLES, example, hint_for
from nnspec.spec.marks import Path, Place, Tree, path_text
from nnspec.spec.problems import Problem, shown

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

LENGTHS = {
    "string_too_long": ("at most", "max_length", "characters", "NS038"),
    "string_too_short": ("at least", "min_length", "characters", "NS038"),
    "too_long": ("at most", "max_length", "entries", "NS034"),
}
"""How pydantic's errors about lengths begin, where the bound stands, what is counted, and their codes."""

CODES = {
    "format": "NS030",
    "too_many": "NS034",
    "literal_error": "NS036",
    "input_shape": "NS037",
    "string_pattern_mismatch": "NS038",
    "file_name": "NS038",
    "interval": "NS038",
    "unknown_part": "NS040",
    "ambiguous_part": "NS041",
    "broken_part": "NS042",
    "faulty_part": "NS047",
    "many_names": "NS043",
    "no_name": "NS044",
    "no_primary": "NS045",
}
"""Codes of pydantic's error types; types that stand in none of these tables are rules of a part, NS046."""


def from_validation(error: ValidationError, tree: Tree) -> list[Problem]:
    """The problems in a pydantic error, in words, where they stand.

    What follows from another problem alone is left out: ``units`` is not missing where ``unit`` was written, and
    nothing is said of values that could not be read.

    Args:
        error: Its locations are paths into the tree.
        tree: The values that were validated.
    """
    items = [item for item in error.errors(include_url=False) if _is_real(item, tree)]
    unknown = [_Unknown(item, tree) for item in items if item["type"] == "extra_forbidden"]
    meant = {path for name in unknown for path in name.meant}
    others = (item for item in items if item["type"] != "extra_forbidden")
    kept = (item for item in others if item["type"] != "missing" or not _is_meant(tuple(item["loc"]), meant))
    return [name.problem for name in unknown] + [_problem(item, tree) for item in kept]


def _is_real(item: Mapping[str, Any], tree: Tree) -> bool:
    path: Path = tuple(item["loc"])
    if path in tree.spoilt or (item["type"] == "missing" and path[:-1] in tree.spoilt):
        return False
    # pydantic does not count items that are wrong themselves, and then finds the list too short.
    return bool(item["type"] != "too_short" or len(item["input"]) < item["ctx"]["min_length"])


def _is_meant(path: Path, meant: set[Path]) -> bool:
    return path in meant or (len(path) == 1 and (EXTENDS,) in meant)


def _problem(item: Mapping[str, Any], tree: Tree) -> Problem:
    path: Path = tuple(item["loc"])
    context = item.get("ctx", {})
    if item["type"] == "missing":
        return _missing(path, context.get("owner"), tree)
    mark = tree.place(path).value
    if "word" in context:
        mark = tree.places.get((*path, context["word"]), Place(mark, mark)).key
    code, message = _said(item, context)
    if message.startswith("expected") and "found" not in message:
        message += f", found {shown(item['input'])}"
    return Problem(code, mark, path_text(path), message, hint_for(item["type"], path, item["input"], context))


def _missing(path: Path, owner: str | None, tree: Tree) -> Problem:
    name, above = path[-1], path[:-1]
    if not above:
        # It stands nowhere: the file as a whole is what lacks it.
        mark = tree.place(()).key._replace(length=0)
        return Problem("NS031", mark, "", f"`{name}` is missing", f"add for example {EXAMPLES[str(name)]}")
    place = tree.place(above)
    mark = place.key if above in tree.places else place.value
    if owner is None and above not in SECTIONS:
        return Problem("NS031", mark, path_text(above), "expected another entry", "")
    message = f"`{name}` is missing: `{owner or above[-1]}` cannot do without it"
    hint = f"write `{owner}: {{{name}: ...}}`" if owner else example(above)
    return Problem("NS031", mark, path_text(above), message, hint)


def _said(item: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[str, str]:
    """The code, and what was expected."""
    kind = item["type"]
    if kind in BOUNDS:
        word, key = BOUNDS[kind]
        return "NS035", f"expected a number {word} {context[key]:g}"
    if kind in TYPES:
        return "NS034", f"expected {TYPES[kind]}"
    if kind in LENGTHS:
        word, key, noun, code = LENGTHS[kind]
        return code, f"expected {word} {context[key]} {noun}"
    code = CODES.get(kind, "NS046")
    if kind == "literal_error":
        return code, f"expected {str(context['expected']).replace(chr(39), '`')}"
    if kind == "string_pattern_mismatch":
        allowed = "letters, digits, dots, dashes and underscores"
        return code, f"expected {allowed if item['loc'] == ('name',) else 'text that fits ' + context['pattern']}"
    return code, item["msg"]


class _Unknown:
    """A name that means nothing where it stands.

    Attributes:
        problem: The problem.
        meant: Paths of what was probably meant, which is then not missing.
    """

    def __init__(self, item: Mapping[str, Any], tree: Tree) -> None:
        path: Path = tuple(item["loc"])
        self.name, self.above = str(path[-1]), path[:-1]
        self.context = item.get("ctx", {})
        self.owner = self.context.get("owner")
        self.known = tuple(self.context["known"]) if self.owner else names(self.above)
        self.meant: list[Path] = []
        hint = next(hint for hint in self._hints(item["input"]) if hint)
        code = "NS033" if self.owner else "NS032"
        self.problem = Problem(code, tree.place(path).key, path_text(self.above), self._message(), hint)

    def _message(self) -> str:
        if self.owner:
            return f"`{self.owner}` has no option `{self.name}`"
        if not self.above:
            return f"there is no section `{self.name}`"
        return f"`{self.above[-1]}` has nothing called `{self.name}`"

    def _hints(self, value: object) -> Iterator[str]:
        """What to do, the best advice first; empty where it does not apply."""
        yield self._elsewhere(value)
        near = closest(self.name, self.known)
        if near:
            self.meant.append((*self.above, near))
            yield f"did you mean `{near}`?"
        if self.owner and not self.known:
            yield f"`{self.owner}` has no options: remove it"
        yield f"there are: {', '.join(self.known)}" if self.known else "remove it"

    def _elsewhere(self, value: object) -> str:
        """Where the name belongs, if it is one that exists."""
        owners = [f"`{owner}`" for owner in self.context.get("elsewhere", ())]
        if owners:
            *most, last = owners
            return f"`{self.name}` is an option of {', '.join(most)}{' and ' if most else ''}{last}"
        section = home(self.name)
        if section and self.above[:1] != (section,) and self.name not in self.known:
            return f"it belongs below `{section}`: {EXAMPLES[section].partition(';')[0]}"
        if self.above[:1] == ("expect",) and "." not in str(self.above[1]):
            return f"results are named in one piece: `{self.above[1]}.{self.name}`"
        if not self.above and isinstance(value, Mapping) and len(inside := set(self.known) & set(value)) > 1:
            self.meant += [(name,) for name in inside]
            return f"sections begin at the left margin: take `{self.name}:` out"
        return ""
