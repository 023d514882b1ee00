"""The sections of an explained step, as text for a terminal and as Markdown."""

from collections.abc import Iterator, Sequence

from nnspec.insight.steps import Row, Section
from nnspec.types import number_text

LEGEND = (
    "In every layer x is what comes in and y what goes out; dy is how the cost changes with y: the delta that "
    "comes back. Indices count from 1; W[2,1] leads from input 1 to output 2. Every number has six significant "
    "digits and was computed with more, so the last one may differ from what a calculator says."
)


def to_text(title: str, sections: Sequence[Section]) -> str:
    """The step for a terminal."""
    return "\n".join(_text_lines(title, sections))


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """The step as a Markdown page."""
    return "\n".join(_markdown_lines(title, sections)) + "\n"


def _text_lines(title: str, sections: Sequence[Section]) -> Iterator[str]:
    yield title
    yield LEGEND
    for number, section in enumerate(sections, 1):
        yield f"\n{number}. {section.title}"
        for line in (section.formula, section.note):
            if line:
                yield f"   {line}"
        width = max((len(row.name) for row in section.rows), default=0)
        for row in section.rows:
            yield f"   {row.name:<{width}} = {_equation(row)}"


def _equation(row: Row) -> str:
    value = number_text(row.value)
    return f"{row.arithmetic} = {value}" if row.arithmetic not in ("", value) else value


def _markdown_lines(title: str, sections: Sequence[Section]) -> Iterator[str]:
    yield f"# {_escaped(title)}"
    yield f"\n{LEGEND}"
    for number, section in enumerate(sections, 1):
        yield f"\n## {number}. {_escaped(section.title)}"
        formula = f"`{section.formula}`" if section.formula else ""
        about = "; ".join(filter(None, [formula, _escaped(section.note)]))
        if about:
            yield f"\n{about}"
        computed = any(row.arithmetic for row in section.rows)
        yield "\n|  | arithmetic | value |\n| --- | --- | ---: |" if computed else "\n|  | value |\n| --- | ---: |"
        for row in section.rows:
            cells = (
                [row.name, row.arithmetic, number_text(row.value)]
                if computed
                else [row.name, number_text(row.value)]
            )
            yield "| " + " | ".join(f"`{cell}`" if cell else "" for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Text whose signs Markdown would take for markup."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in text)
