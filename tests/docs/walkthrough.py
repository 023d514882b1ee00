"""Pages that show a session in a terminal: read from Markdown, and gone through."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

BLOCK = re.compile(r"^```(console|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MEASURES = re.compile(r"nnspec (run|evaluate|predict|check|diff)\b")
"""Commands that print measured figures: what they say is compared, their numbers are not."""
SECONDS = 120


@dataclass(frozen=True)
class Command:
    """A line behind a ``$``, and what is shown below it; ``...`` stands for lines left out.

    Attributes:
        line: What is typed.
        shown: What the page says is answered.
    """

    line: str
    shown: str

    def answered(self, folder: Path) -> str:
        """What is answered in a folder."""
        own = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        # Unbuffered, so that what goes to the two streams comes in the order in which it was said.
        plain = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "80"}
        done = subprocess.run(  # noqa: S602 -- the page's own lines, as they are typed
            self.line,
            cwd=folder,
            env=os.environ | own | plain,
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        return done.stdout.decode()

    def agrees(self, answer: str) -> bool:
        """Whether the page says what was answered."""
        wanted, got = self.shown, answer
        if MEASURES.match(self.line):
            wanted, got = (re.sub(r"[<>]?\s*-?\d[\d.,]*(e[+-]\d+)?", " 0", text) for text in (wanted, got))
        return OutputChecker().check_output(wanted, got, ELLIPSIS | NORMALIZE_WHITESPACE)


@dataclass(frozen=True)
class Edit:
    """Lines of a file that are replaced by others, or the lines of a new file.

    Attributes:
        file: Its name.
        before: The lines that go.
        after: The lines that come.
    """

    file: str
    before: str
    after: str

    def apply(self, folder: Path) -> None:
        """Changes the file in a folder."""
        path = folder / self.file
        text = path.read_text("utf-8") if self.before else ""
        assert not self.before or text.count(self.before) == 1, f"{self.file} does not hold once: {self.before}"
        path.write_text(text.replace(self.before, self.after) if self.before else self.after, "utf-8")


def steps(page: str) -> Iterator[Command | Edit]:
    """What a page does, in its order."""
    for language, block in BLOCK.findall(page):
        if language == "diff":
            yield from _edits(block)
        else:
            for lines in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                line, _, shown = lines.partition("\n")
                yield Command(line, shown)


def _edits(block: str) -> Iterator[Edit]:
    """A block opens with ``--- file``; each run of ``-`` and ``+`` lines is an edit."""
    head, _, changes = block.partition("\n")
    for part in re.findall(r"(?:^-.*\n)*(?:^\+.*\n)*", changes, re.MULTILINE):
        if part:
            before, after = ("".join(re.findall(rf"^\{sign}(.*\n)", part, re.MULTILINE)) for sign in "-+")
            yield Edit(head.removeprefix("--- "), before, after)
