"""`nnspec explain-error NS012`: what a problem's code means, with a spec that has it and the same mended."""

import argparse
import textwrap

from nnspec.cli.output import tell
from nnspec.errors import GOOD, UsageError
from nnspec.spec.codes import CODES, Code


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("code", metavar="CODE", nargs="?", help="a problem's code, such as NS040; all without one")


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    if args.code is None:
        tell("\n".join(f"{code}  {about.title}" for code, about in CODES.items()))
        return GOOD
    about = CODES.get(args.code.strip("[]").upper())
    if about is None:
        raise UsageError(f"there is no code `{args.code}`; `nnspec explain-error` lists them all")
    tell(explanation(args.code.strip("[]").upper(), about))
    return GOOD


def explanation(code: str, about: Code) -> str:
    """A code's page as text."""
    parts = [f"{code}: {about.title}", textwrap.fill(about.why, 90)]
    for title, lines in (("has it:", about.wrong), ("mended:", about.right)):
        if lines:
            parts.append(f"{title}\n{textwrap.indent(lines, '    ')}")
    return "\n\n".join(parts)
