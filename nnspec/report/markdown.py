"""Plain text made safe for Markdown, wherever it stands: in a paragraph, a heading or a cell of a table."""

import math
import re
from collections.abc import Sequence

from nnspec.errors import visible
from nnspec.report.curves import Points

BARS = "▁▂▃▄▅▆▇█"
SPARKS = 40
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# An underscore within a word is no emphasis, and names are full of them.
SPECIAL = re.compile(r"[\\`*\[\]|~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What opens a heading, a list or a rule at the start of a line, up to the sign that must lose its meaning.
OPENING = re.compile(r"^(\d*)(?=#|[-+=](?:[-+=\s]|$)|(?<=\d)[.)](?:\s|$))")


class Verbatim(str):
    """Markdown that a template takes as it is."""

    __slots__ = ()


def escaped(value: object) -> str:
    """A value as Markdown that shows just its text, in one line."""
    if isinstance(value, Verbatim):
        return value
    text = UNPRINTABLE.sub(" ", str(value)).strip()
    text = SPECIAL.sub(lambda match: "\\" + match[0], re.sub("[&<>]", lambda match: ENTITIES[match[0]], text))
    return OPENING.sub(lambda match: match[0] + "\\", text)


def fenced(text: str, language: str = "") -> Verbatim:
    """Lines as a block of code, whatever ticks they hold."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Verbatim(f"{fence}{language}\n{visible(text).rstrip()}\n{fence}")


def sparkline(points: Points) -> str:
    """Figures as a row of bars, from the lowest to the highest; a blank where one is not finite."""
    values = [value for _, value in points]
    if len(values) > SPARKS:
        values = [values[round(index * (len(values) - 1) / (SPARKS - 1))] for index in range(SPARKS)]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(BARS[round((value - low) / step)] if math.isfinite(value) else " " for value in values)


def row(cells: Sequence[object]) -> Verbatim:
    """A row of a table."""
    return Verbatim(f"| {' | '.join(escaped(cell) for cell in cells)} |")


def header(names: Sequence[object], left: int = 1) -> Verbatim:
    """The head of a table, whose first so many columns hold words and the others figures."""
    rule = "|".join(":---" if index < left else "---:" for index in range(len(names)))
    return Verbatim(f"{row(names)}\n|{rule}|")
