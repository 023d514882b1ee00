"""`nnspec find-lr SPEC`: short training at a rising learning rate, and which rate its cost speaks for."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_json, add_offline, add_spec
from nnspec.cli.output import tell, tell_json, write_file
from nnspec.cli.table import table
from nnspec.engine.threads import one_blas_thread
from nnspec.errors import GOOD, UsageError
from nnspec.insight.rate_sweep import RULE, Sweep, sweep
from nnspec.report.rate_chart import rate_chart
from nnspec.runs.experiment import prepare
from nnspec.spec.specification import load

ROWS = 25
"""About so many rows are shown; `--json` has all steps."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_spec(parser)
    parser.add_argument(
        "--from", dest="low", metavar="RATE", type=float, default=1e-6, help="the first rate (default: 1e-6)"
    )
    parser.add_argument(
        "--to", dest="high", metavar="RATE", type=float, default=100.0, help="the last rate (default: 100)"
    )
    parser.add_argument(
        "--steps", metavar="N", type=int, default=300, help="how many steps that takes (default: 300)"
    )
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help="also draw it, as SVG")
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    _check(args)
    spec = load(args.spec, args.settings)
    experiment = prepare(spec, offline=args.offline)
    with one_blas_thread():
        found = sweep(experiment.trainer(), args.low, args.high, args.steps)
    if len(found.points) < 2:
        raise UsageError(f"--from {args.low:g}: the cost leaves all bounds at once; start at a lower rate")
    if args.out is not None:
        rates, costs, smoothed = zip(*((one.rate, one.cost, one.smoothed) for one in found.points), strict=True)
        write_file(args.out, rate_chart(rates, costs, smoothed, found.suggestion))
        tell(f"written to {args.out}", error=True)
    used = experiment.updates.optimizer.learning_rate
    if args.json:
        tell_json(_document(spec.document.name, used, found))
    else:
        tell(_text(used, found))
    return GOOD


def _check(args: argparse.Namespace) -> None:
    """Refuses what cannot be swept, before anything is read."""
    if not 0 < args.low < args.high < float("inf"):
        raise UsageError(f"--from {args.low:g} --to {args.high:g}: rates rise from one above 0 to a higher one")
    if args.steps < 2:
        raise UsageError(f"--steps {args.steps}: a sweep takes at least 2 steps")
    if args.out is not None and args.out.suffix.lower() != ".svg":
        raise UsageError(f"{args.out}: the plot is an SVG picture; name a file that ends in .svg")


def _document(name: str, used: float, found: Sweep) -> dict[str, Any]:
    return {
        "name": name,
        "learning_rate": used,
        "suggestion": found.suggestion,
        "rule": RULE,
        "lowest": asdict(found.lowest),
        "onset": asdict(found.onset),
        "diverged": found.diverged,
        "points": [asdict(point) for point in found.points],
    }


def _text(used: float, found: Sweep) -> str:
    every = max(1, len(found.points) // ROWS)
    rows = [(f"{one.rate:.2e}", f"{one.cost:.4g}", f"{one.smoothed:.4g}") for one in found.points[::every]]
    return "\n".join([table(("rate", "cost", "smoothed"), rows, right=(0, 1, 2)), "", *_conclusions(used, found)])


def _conclusions(used: float, found: Sweep) -> list[str]:
    lowest, last = found.lowest, found.points[-1]
    lines = [
        f"the cost falls from a rate of {found.onset.rate:.2g} on, is lowest at {lowest.rate:.2g}, and "
        + (f"leaves all bounds beyond {last.rate:.2g}" if found.diverged else "never leaves all bounds"),
    ]
    if found.suggestion is None:
        return [*lines, "no suggestion: the cost never fell; try more --steps, or rates up to more (--to)"]
    lines.append(f"suggested learning rate: {found.suggestion:g} ({RULE}); the spec has {used:g}")
    if lowest is last:
        lines.append("the cost was still falling at the last rate: sweep further with --to")
    return lines
