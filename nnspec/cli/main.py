"""`nnspec VERB ...`: finds the verb, runs it, and turns errors into one message and an exit code."""

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

import nnspec
from nnspec.cli.arguments import add_no_plugins
from nnspec.cli.deferral import defer
from nnspec.cli.output import tell
from nnspec.errors import (
    FAILED,
    GOOD,
    INTERRUPTED,
    TERMINATED,
    USAGE,
    NnspecError,
    PartError,
    PartWarning,
    ShapeError,
    SpecError,
    Terminated,
)

VERBS = {
    "run": "train a spec: checkpoints, metrics and a report in a folder",
    "init": "a first spec, filled in from the data it is pointed at",
    "validate": "find every problem of specs; nothing is run",
    "show": "the stack of a spec as a table, or the resolved spec",
    "diff": "what differs between two specs, or two runs, by meaning",
    "find-lr": "a sweep of learning rates: a table, a plot, a suggestion",
    "explain": "one training step of a small network, every number with its formula",
    "explain-error": "what the code of a problem means, and how to mend it",
    "evaluate": "cost and metrics of a trained network on a split of its data",
    "predict": "what a trained network says of images, rows or numbers",
    "imagine": "what a trained network thinks its classes look like",
    "check": "run the specs that state expectations; fails where one is not met",
    "verify": "whether a run is intact, and whether training it once more gives the same",
    "export": "a trained network as a file for other programs",
    "bench": "where a training step's time goes: layers, cost, optimizer, data, memory",
    "gradcheck": "compare every gradient of a network with central differences, on its own data",
    "schema": "a JSON Schema of specs with the parts installed now, for editors",
    "parts": "what layers, costs, loaders ... there are, explained",
    "plugins": "parts that others bring: list, check, begin your own",
    "doctor": "whether all is set up here: versions, BLAS, cores, data, plugins",
    "datasets": "list, fetch, verify and export data sets",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = partial(_warn, warnings.showwarning)
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except NnspecError as error:
        return _report(error)
    except KeyboardInterrupt as stop:
        tell("stopped", error=True)
        return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`); what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except OSError as error:
        # A file or folder that may not be read or written, wherever it was met.
        where = f"{error.filename}: " if error.filename else ""
        tell(f"nnspec: {where}{error.strerror or error}", error=True)
        return FAILED
    except Exception as error:
        from nnspec.registry.blame import failing

        if (told := failing(error)) is None:
            raise
        return _report(told)
    return code


def _run(given: list[str]) -> int:
    defer("numpy")
    # pydantic imports it to look for plugins of its own, of which the process that `nnspec` is has none.
    defer("importlib.metadata", "entry_points")
    verb = next((word for word in given if not word.startswith("-")), None)
    # Help is of all verbs; where one comes first, it is asked of that one.
    parser = _parser([verb] if verb in VERBS and verb == given[0] else VERBS, verb)
    try:
        args = parser.parse_args(given)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    if args.no_plugins:
        from nnspec.registry.catalogue import ALLOWED

        # In the environment, so that processes that are started for a part of the work hold to it, too.
        os.environ[ALLOWED] = ""
    if args.verb is None:
        parser.print_help()
        return GOOD
    return int(_module(args.verb).run(args))


def _warn(otherwise: Callable[..., None], message: Warning | str, *about: Any) -> None:
    """A warning about a part in one line, without the line of ours that gave it."""
    if isinstance(message, PartWarning):
        tell(f"nnspec: warning: {message}", error=True)
    else:
        otherwise(message, *about)


def _module(verb: str) -> ModuleType:
    return import_module(f"nnspec.cli.{verb.replace('-', '_')}")


def _report(error: NnspecError) -> int:
    if isinstance(error, SpecError):
        from nnspec.cli.validate import print_problems
        from nnspec.spec.problems import Problem

        print_problems([problem for problem in error.problems if isinstance(problem, Problem)])
    else:
        hint = error.hint if isinstance(error, PartError | ShapeError) else ""
        tell(f"nnspec: {error}" + (f"\n    = {hint}" if hint else ""), error=True)
    return error.exit_code


class _Parser(argparse.ArgumentParser):
    """argparse, with a did-you-mean for verbs."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Prints usage and what is wrong, then exits with 2."""
        if "argument VERB: invalid choice" in message:
            from nnspec.registry.suggestions import closest

            word = message.split("'")[1]
            near = closest(word, VERBS)
            message = f"there is no verb `{word}`" + (f"; did you mean `{near}`?" if near else "")
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser(names: Collection[str], verb: str | None) -> argparse.ArgumentParser:
    """The parser with these verbs; only the one that is used is imported and gets its arguments."""
    parser = _Parser(prog="nnspec", description="Small neural networks, written down rather than programmed.")
    add_no_plugins(parser, default=False)
    parser.add_argument("--version", action="version", version=f"nnspec {nnspec.__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=_Parser)
    for name in names:
        summary = VERBS[name]
        child = verbs.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False
        )
        add_no_plugins(child)
        if name == verb:
            _module(name).configure(child)
    return parser
