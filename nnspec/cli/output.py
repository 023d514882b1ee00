"""Answers and messages on a terminal, and files that a verb writes because its user asked for them."""

import sys
from pathlib import Path
from typing import Any, TextIO

from nnspec.errors import CONTROLS, HALVES, UsageError, visible

ESCAPES = {code: f"\\u{code:04x}" for code in (*CONTROLS, *HALVES) if code >= 127}
"""What JSON may hold as it is, and a terminal would obey."""


def tell(text: object = "", *, error: bool = False, end: str = "\n", stream: TextIO | None = None) -> None:
    """Prints an answer, or, as an error, what a user ought to know beside it; nothing in it moves the cursor.

    Class names, columns and paths come from files that others wrote. All verbs print through this module.

    Args:
        text: What to print.
        error: Whether it goes to stderr, at once.
        end: What follows.
        stream: Where it goes instead, at once.
    """
    file = stream or (sys.stderr if error else sys.stdout)
    print(visible(str(text)), end=end, file=file, flush=file is not sys.stdout)


def tell_exactly(text: str) -> None:
    """Prints a document that is to become a file, to the letter; a terminal shows it as it shows all else."""
    print(visible(text) if sys.stdout.isatty() else text)


def tell_json(document: Any, *, indent: int | None = 2) -> None:
    """Prints an answer as a JSON document."""
    # Not at the top: most answers are for people.
    import json

    print(json.dumps(document, indent=indent, ensure_ascii=False).translate(ESCAPES))


def write_file(path: Path, content: bytes) -> None:
    """Writes a file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}; name another place") from error
