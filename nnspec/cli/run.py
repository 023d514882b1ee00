"""`nnspec run SPEC`: train a spec into a run folder."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_json, add_offline, add_spec
from nnspec.cli.progress import ProgressLines
from nnspec.errors import FAILED, GOOD, INTERRUPTED
from nnspec.runs.execution import execute
from nnspec.runs.reporting import Reporting
from nnspec.spec.specification import load

REPORT = "report.html"
EXIT_CODES = {"finished": GOOD, "failed": FAILED, "interrupted": INTERRUPTED}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_spec(parser)
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, help="the run folder (default: runs/<name>/<time>-<fingerprint>)"
    )
    parser.add_argument("--force", action="store_true", help="replace the run that lies at -o")
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    spec = load(args.spec, args.settings)
    progress = ProgressLines()
    reporting = Reporting(progress)
    try:
        folder = execute(spec, args.out, reporting, force=args.force, offline=args.offline)
    finally:
        progress.close()
    reporting.run_ended()
    facts = folder.facts()
    if args.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        print(summary(facts, folder.path))
    if facts["reason"]:
        print(f"nnspec: {facts['reason']}", file=sys.stderr)
    return EXIT_CODES[facts["status"]]


def summary(facts: dict[str, Any], folder: Path) -> str:
    """What came out, in a few lines."""
    lines = [f"{facts['status']} after {facts['epochs']} epochs in {facts['seconds']:.1f} s"]
    for split, metrics in facts["metrics"].items():
        figures = [f"{name} {value:.4f}" for name, value in metrics.items() if isinstance(value, float)]
        lines.append(f"  {split:<10}  {', '.join(figures)}")
    best = facts["best"]
    if best is not None:
        lines.append(f"  best        {best['monitor']} {best['value']:.4f} in epoch {best['epoch']}")
    lines += [f"warning: {warning}" for warning in facts["warnings"]]
    report = folder / REPORT
    lines.append(f"report: {report}" if report.exists() else f"run folder: {folder}")
    return "\n".join(lines)
