"""`nnspec validate SPEC...`: every problem of every spec; nothing is run."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_settings
from nnspec.cli.output import tell, tell_json
from nnspec.errors import GOOD, USAGE, SpecError, UsageError
from nnspec.spec.problems import Problem
from nnspec.spec.rendering import as_annotations, as_data, coloured, wants_colour
from nnspec.spec.specification import Spec, load, parse

STDIN = "-"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument(
        "specs", metavar="SPEC", nargs="+", help="spec files, folders that hold some, or - for stdin"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "github"),
        default="text",
        help="text for people, json for tools, github for annotations beside the lines (default: text)",
    )
    add_settings(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    results = [(path, *_validated(path, args.settings)) for path in spec_files(args.specs)]
    problems = [problem for _, _, found in results for problem in found]
    if args.format == "json":
        tell_json([_entry(*result) for result in results])
    elif args.format == "github":
        if problems:
            tell(as_annotations(problems))
    else:
        _print(results)
    return USAGE if problems else GOOD


def spec_files(names: Sequence[str]) -> Iterator[Path]:
    """The spec files that a command line names; those of a folder in the order of their names.

    Raises:
        UsageError: A folder holds none.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            from nnspec.runs.folder import FACTS

            files = sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml"))
            # What runs leave behind are copies of specs, not specs.
            found = [file for file in files if not (file.parent / FACTS).exists()]
            if not found:
                raise UsageError(f"{path}: there are no .yaml files in this folder")
            yield from found
        else:
            yield path


def print_problems(problems: Sequence[Problem]) -> None:
    """Says problems on stderr, in colour where that is a terminal, and how many they are."""
    colour = wants_colour(sys.stderr, dict(os.environ))
    for problem in problems:
        # Colours are control characters, too; a problem shows no others.
        print(coloured(problem) if colour else problem, file=sys.stderr)  # noqa: T201
    tell(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found", error=True)


def _validated(path: Path, settings: Sequence[str]) -> tuple[Spec | None, list[Problem]]:
    try:
        if str(path) == STDIN:
            return parse(sys.stdin.buffer.read().decode("utf-8", "surrogateescape"), "<stdin>", settings), []
        return load(path, settings), []
    except SpecError as error:
        return None, [problem for problem in error.problems if isinstance(problem, Problem)]


def _print(results: Sequence[tuple[Path, Spec | None, list[Problem]]]) -> None:
    for path, spec, _ in results:
        if spec is not None:
            parameters = sum(node.parameter_count for node in spec.nodes)
            tell(f"{path}: good: {len(spec.nodes)} layers, {parameters:,} parameters")
    problems = [problem for _, _, found in results for problem in found]
    if problems:
        print_problems(problems)


def _entry(path: Path, spec: Spec | None, problems: list[Problem]) -> dict[str, Any]:
    return {"file": str(path), "valid": spec is not None, "problems": [as_data(problem) for problem in problems]}
