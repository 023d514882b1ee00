"""Problems as text in colour, as JSON, and as annotations of a code host."""

from collections.abc import Iterable
from typing import Any, TextIO

from nnspec.errors import CONTROLS
from nnspec.spec.problems import Problem, excerpt

BOLD, DIM, RED, CYAN, RESET = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[36m", "\x1b[0m"


def wants_colour(stream: TextIO, environment: dict[str, str]) -> bool:
    """Whether text for a stream should be coloured: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def coloured(problem: Problem) -> str:
    """A problem as `str` gives it, with its parts set apart by colour."""
    at, where, message, hint = (
        str(part).translate(CONTROLS) for part in (problem.mark, problem.where, problem.message, problem.hint)
    )
    place = f"{where}: " if where else ""
    lines = [f"{BOLD}{at}:{RESET} {place}{RED}{message}{RESET} {DIM}[{problem.code}]{RESET}"]
    for part, colour in zip(excerpt(problem.mark), ("", RED), strict=False):
        lines.append(f"    {DIM}|{RESET} {colour}{part}{RESET if colour else ''}")
    lines += [f"    {DIM}|{RESET} {row}" for row in problem.table]
    if hint:
        lines.append(f"    {CYAN}= {hint}{RESET}")
    return "\n".join(lines)


def as_data(problem: Problem) -> dict[str, Any]:
    """A problem as plain values; the names are stable."""
    mark = problem.mark
    return {
        "code": problem.code,
        "file": mark.text.name,
        "line": mark.line,
        "column": mark.column,
        "length": mark.length,
        "where": problem.where,
        "message": problem.message,
        "hint": problem.hint,
        "table": list(problem.table),
    }


def as_annotations(problems: Iterable[Problem]) -> str:
    """Problems as the workflow commands by which GitHub puts a message beside a line."""
    lines = []
    for problem in problems:
        mark = problem.mark
        where = {
            "file": mark.text.name,
            "line": mark.line,
            "col": mark.column,
            "endColumn": mark.column + mark.length,
            "title": problem.code,
        }
        text = f"{problem.where}: {problem.message}" if problem.where else problem.message
        text += f"\n{problem.hint}" if problem.hint else ""
        settings = ",".join(f"{key}={_escaped(str(value), property_=True)}" for key, value in where.items())
        lines.append(f"::error {settings}::{_escaped(text)}")
    return "\n".join(lines)


def _escaped(text: str, *, property_: bool = False) -> str:
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), *([(":", "%3A"), (",", "%2C")] if property_ else [])]
    for character, escape in pairs:
        text = text.replace(character, escape)
    return text
