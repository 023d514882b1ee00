"""`nnspec schema`: a JSON Schema of specs, for editors and checkers."""

import argparse
from pathlib import Path

from nnspec.cli.output import tell_exactly, write_file
from nnspec.errors import GOOD
from nnspec.registry import Catalogue
from nnspec.spec.schema import schema_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help="write to a file instead of stdout")


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    text = schema_text(Catalogue())
    if args.out is None:
        tell_exactly(text.rstrip("\n"))
    else:
        write_file(args.out, text.encode())
    return GOOD
