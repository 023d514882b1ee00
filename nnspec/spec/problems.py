"""Problems of a spec, as a reader meets them: where, what was expected, what was found, what to do."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from nnspec.errors import CONTROLS
from nnspec.spec.marks import Mark

# A line longer than this is shown around its mistake only.
WIDTH = 110


class Problem(NamedTuple):
    """One mistake.

    Attributes:
        code: Which kind of mistake, see `nnspec.spec.codes`.
        mark: Where it stands.
        where: The same in words: ``layers[2].dense.units``; empty for the file as a whole.
        message: What was expected and what was found.
        hint: What to do.
        table: Lines that explain, such as the stack so far.
    """

    code: str
    mark: Mark
    where: str
    message: str
    hint: str = ""
    table: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        lines = [f"{self.mark}: {where}{self.message} [{self.code}]"]
        lines += [f"    | {line}" for line in (*excerpt(self.mark), *self.table)]
        if self.hint:
            lines.append(f"    = {self.hint}")
        return "\n".join(line.translate(CONTROLS) for line in lines)


def excerpt(mark: Mark) -> tuple[str, ...]:
    """The line that a mark stands on, and a line with carets below the mark; nothing for a mark of no length."""
    if not mark.length or mark.line > len(mark.text.lines):
        return ()
    line, start = mark.text.lines[mark.line - 1], mark.column - 1
    left = max(0, start - WIDTH // 2) if len(line) > WIDTH else 0
    part = line[left : left + WIDTH].replace("\t", " ").translate(CONTROLS)
    ahead, behind = "..." if left else "", "..." if left + WIDTH < len(line) else ""
    start -= left
    indent = len(ahead) + cells(part[:start])
    carets = max(1, cells(part[start : start + mark.length]))
    return ahead + part + behind, " " * indent + "^" * carets


def cells(text: str) -> int:
    """How many cells of a terminal a text fills."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the text. What an alias repeats is one mistake, and is said once."""
    unique: dict[object, Problem] = {}
    for problem in problems:
        unique.setdefault((problem.code, problem.mark, problem.message), problem)
    return sorted(
        unique.values(), key=lambda problem: (problem.mark.text.name, problem.mark.line, problem.mark.column)
    )


def shown(value: object) -> str:
    """A value as a message shows it: short, in the words of YAML."""
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, str):
        text = value.replace("\n", "\\n")
        return f'the text "{text if len(text) <= 40 else text[:37] + "..."}"'
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    return {"inf": "infinity", "-inf": "-infinity", "nan": ".nan"}.get(str(value), str(value))
