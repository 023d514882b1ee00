"""`nnspec validate SPEC...`: every problem of every spec; nothing is run."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from nnspec.cli.arguments import add_settings
from nnspec.errors import GOOD, USAGE, SpecError, UsageError
from nnspec.spec.specification import Spec, load


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="spec files, or folders that hold some")
    add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    problems = 0
    for path in spec_files(args.specs):
        try:
            print(f"{path}: good: {_summary(load(path, args.settings))}")
        except SpecError as error:
            problems += len(error.problems)
            print(error, file=sys.stderr)
    if problems:
        print(f"{problems} problem{'s' if problems > 1 else ''} found", file=sys.stderr)
    return USAGE if problems else GOOD


def spec_files(names: list[str]) -> Iterator[Path]:
    """The spec files that a command line names; those of a folder in the order of their names.

    Raises:
        UsageError: A folder holds none.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))
            if not found:
                raise UsageError(f"{path}: there are no .yaml files in this folder")
            yield from found
        else:
            yield path


def _summary(spec: Spec) -> str:
    layers, parameters = len(spec.nodes), sum(node.parameter_count for node in spec.nodes)
    return f"{layers} layers, {parameters:,} parameters"
