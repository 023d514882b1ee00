"""`nnspec schema`: a JSON Schema of specs, for editors and checkers."""

import argparse
import json
from pathlib import Path

from nnspec.errors import GOOD, UsageError
from nnspec.registry import Catalogue
from nnspec.spec.schema import schema


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help="write to a file instead of stdout")


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    text = json.dumps(schema(Catalogue()), indent=2, ensure_ascii=False)
    if args.out is None:
        print(text)
        return GOOD
    try:
        args.out.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"{args.out}: cannot be written: {error.strerror}") from error
    return GOOD
