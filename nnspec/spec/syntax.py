"""What breaks a rule of YAML itself, in the words of people who write specs rather than parsers.

The parser says at which character it gave up; the mistake is often earlier, where a bracket was opened or a line
begins, and then that is what is pointed at.
"""

import re
from dataclasses import dataclass

import yaml
from yaml.reader import Reader

from nnspec.spec.marks import Mark, Text
from nnspec.spec.problems import Problem

TAB = "YAML is indented with spaces; there is a tab here"
BRACKETS = {"[": "]", "{": "}"}


@dataclass(frozen=True)
class _Trouble:
    """What the parser said.

    Attributes:
        said: Its words.
        at: Where it gave up.
        since: Where that began which it was reading, if it says so.
        text: The text.
    """

    said: str
    at: Mark
    since: Mark | None
    text: Text

    @property
    def line(self) -> str:
        """The line where it gave up."""
        return self.text.lines[self.at.line - 1] if self.text.lines else ""

    @property
    def letter(self) -> str:
        """The character at which it gave up; empty at the end of a line."""
        return self.line[self.at.column - 1 : self.at.column]

    @property
    def first(self) -> str:
        """The line on which that began which it was reading."""
        return self.text.lines[self.since.line - 1] if self.since is not None and self.text.lines else ""


def syntax_problem(error: yaml.YAMLError, source: str, text: Text) -> Problem:
    """The problem behind an error of the parser.

    Args:
        error: What it raised.
        source: What it read.
        text: The same by lines.
    """
    problem, context = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    where = problem or context
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    at = _unprintable(source, text) if where is None else text.at(where.line, where.column)
    since = text.at(context.line, context.column) if context is not None else None
    mark, message, hint = _explained(_Trouble(said, at, since, text))
    return Problem("NS003", mark, "", f"not YAML: {message}", hint)


def _explained(trouble: _Trouble) -> tuple[Mark, str, str]:
    """Where the mistake is, what it is, and what to do."""
    for words, explain in EXPLANATIONS.items():
        if words in trouble.said:
            return explain(trouble)
    return trouble.at, trouble.said, ""


def _start(trouble: _Trouble) -> tuple[Mark, str, str]:
    if "\t" in trouble.line[: trouble.at.column]:
        return trouble.at, "a tab where a value or a name should begin", TAB
    return trouble.at, f"no text can begin with `{trouble.letter}`", "put it in quotation marks"


def _tab(trouble: _Trouble) -> tuple[Mark, str, str]:
    return trouble.at, "a tab in the indentation", TAB


def _open_bracket(trouble: _Trouble) -> tuple[Mark, str, str]:
    opened = trouble.since or trouble.at
    bracket = opened.text.lines[opened.line - 1][opened.column - 1 : opened.column]
    closing = BRACKETS.get(bracket, "]")
    if opened.line != trouble.at.line or not trouble.letter:
        return opened, f"this `{bracket}` is not closed", f"put the `{closing}` where it belongs"
    hint = f"the `{bracket}` in column {opened.column} is still open"
    return trouble.at, f"expected a comma or `{closing}` before this", hint


def _no_value(trouble: _Trouble) -> tuple[Mark, str, str]:
    if not trouble.letter:
        return trouble.at, "the text ends where a value should stand", "a bracket is still open"
    hint = "take it out, or put the value in"
    return trouble.at, f"a value should stand before this `{trouble.letter}`", hint


def _open_quotation(trouble: _Trouble) -> tuple[Mark, str, str]:
    return trouble.since or trouble.at, "this quotation mark is not closed", "put one where the text ends"


def _lone_words(trouble: _Trouble) -> tuple[Mark, str, str]:
    """Words on a line of their own where a name and a colon belong."""
    mark, line = trouble.since or trouble.at, trouble.first
    words = line.strip()
    mark = Mark(mark.text, mark.line, mark.column, max(1, len(line.rstrip()) - mark.column + 1))
    if "\u00a0" in words:
        hint = "there is a no-break space in this line: write an ordinary one"
    elif words.startswith("//"):
        hint = "comments begin with `#`"
    elif re.match(r"-\S", words):
        hint = "a space belongs behind the dash: `- name`"
    elif ":" in words:
        hint = "a space belongs behind the colon: `name: value`"
    else:
        hint = "write `name: value`"
    return mark, "expected a name, a colon and a space", hint


def _second_colon(trouble: _Trouble) -> tuple[Mark, str, str]:
    ahead = trouble.line[: trouble.at.column - 1]
    if ": " in ahead or (ahead.lstrip().startswith("- ") and ":" in ahead):
        return trouble.at, "a second colon in this line", "put text that has a colon in it in quotation marks"
    message = "this line is indented below one that has a value already"
    return _words(trouble.at, trouble.line), message, "move it to the column of its neighbours"


def _no_name(trouble: _Trouble) -> tuple[Mark, str, str]:
    """Something else where the next name of a mapping belongs."""
    ahead, letter, mark = trouble.line[: trouble.at.column - 1], trouble.letter, trouble.at
    if letter in BRACKETS.values():
        opening = next(key for key, value in BRACKETS.items() if value == letter)
        return mark, f"a `{letter}` that closes nothing", f"take it out, or put in the `{opening}`"
    if ahead.strip():
        hint = "a quotation mark within text in '...' is written twice; or put the text in \"...\""
        return mark, "text behind a value that has ended", hint if "'" in ahead else ""
    mark = _words(mark, trouble.line)
    if letter == "-":
        hint = "list items stand below their name, all in one column"
        return mark, "a list item where a name should stand", hint
    beside = f"column {trouble.since.column}" if trouble.since is not None else "the column of its neighbours"
    return mark, "this line fits to nothing above it", f"the names here begin in {beside}"


def _no_dash(trouble: _Trouble) -> tuple[Mark, str, str]:
    mark = _words(trouble.at, trouble.line)
    return mark, "expected another list item", "begin it with `- `, or move it to the column of the names above"


def _escape(trouble: _Trouble) -> tuple[Mark, str, str]:
    escape = trouble.line[trouble.at.column - 1 :][:2]
    hint = "in \"...\" a backslash begins an escape: write it twice, or put the text in '...'"
    return trouble.at, f"`{escape}` stands for no character", hint


def _anchor(trouble: _Trouble) -> tuple[Mark, str, str]:
    message = "`*` begins an alias and `&` an anchor, each with a name"
    return trouble.since or trouble.at, message, "put text that begins so in quotation marks"


def _documents(trouble: _Trouble) -> tuple[Mark, str, str]:
    return trouble.at, "another document begins here", "one spec a file: remove the `---` between them"


EXPLANATIONS = {
    "cannot start any token": _start,
    "violates indentation": _tab,
    "did not find expected ',' or": _open_bracket,
    "expected node content": _no_value,
    "unexpected end of stream": _open_quotation,
    "unexpected document indicator": _open_quotation,
    "could not find expected ':'": _lone_words,
    "mapping values are not allowed": _second_colon,
    "did not find expected key": _no_name,
    "did not find expected '-' indicator": _no_dash,
    "unknown escape character": _escape,
    "expected alphabetic or numeric character": _anchor,
    "found another document": _documents,
}
"""What each of the parser's sayings is explained by; others are passed on."""


def _words(mark: Mark, line: str) -> Mark:
    """The whole of a line from its first word on."""
    start = len(line) - len(line.lstrip())
    return Mark(mark.text, mark.line, start + 1, max(1, len(line.rstrip()) - start))


def _unprintable(source: str, text: Text) -> Mark:
    """Where the first character stands that YAML does not allow."""
    found = Reader.NON_PRINTABLE.search(source)
    # A stand-in for the character ends the last line before it.
    lines = (source[: found.start() if found else 0] + "^").splitlines()
    return Mark(text, len(lines), len(lines[-1]))
