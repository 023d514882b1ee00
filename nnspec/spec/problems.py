"""Problems of a spec, as a reader meets them: where, what was expected, what was found, what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nnspec.spec.marks import Mark

# A line longer than this is shown around its mistake only.
WIDTH = 110


@dataclass(frozen=True)
class Problem:
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
        if self.mark.line <= len(self.mark.text.lines):
            lines += [f"    | {line}" for line in excerpt(self.mark)]
        lines += [f"    | {row}" for row in self.table]
        if self.hint:
            lines.append(f"    = {self.hint}")
        return "\n".join(lines)


def excerpt(mark: Mark) -> tuple[str, str]:
    """The line that a mark stands on, and a line with carets below the mark."""
    source = mark.text.lines[mark.line - 1].replace("\t", " ")
    start = mark.column - 1
    left = max(0, start - WIDTH // 2) if len(source) > WIDTH else 0
    part = source[left : left + WIDTH]
    carets = min(max(1, mark.length), max(1, left + WIDTH - start))
    ahead, behind = "..." if left else "", "..." if left + WIDTH < len(source) else ""
    return ahead + part + behind, " " * (len(ahead) + start - left) + "^" * carets


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the text, each said once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.mark.text.name, problem.mark.line, problem.mark.column))


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
