"""`nnspec run SPEC`: train a spec into a run folder."""

import argparse
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_json, add_offline, add_settings
from nnspec.cli.output import tell, tell_json
from nnspec.cli.progress import ProgressLines
from nnspec.errors import FAILED, GOOD, INTERRUPTED, TERMINATED, UsageError
from nnspec.runs.execution import execute
from nnspec.runs.folder import RunFolder
from nnspec.runs.folds import cross_validate
from nnspec.runs.reporting import Reporting
from nnspec.runs.resume import AUTO, own_spec
from nnspec.spec.specification import Spec, load

REPORT = "report.html"
EXIT_CODES = {"finished": GOOD, "failed": FAILED, "interrupted": INTERRUPTED}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument(
        "spec", metavar="SPEC", nargs="?", help="the spec, a YAML file; with --resume DIR by default its own"
    )
    add_settings(parser)
    parser.add_argument(
        "-o", "--out", metavar="DIR", type=Path, help="the run folder (default: runs/<name>/<time>-<fingerprint>)"
    )
    parser.add_argument("--force", action="store_true", help="replace the run that lies at -o")
    parser.add_argument(
        "--resume",
        metavar="DIR|auto",
        help="go on with a run that was stopped; `auto` finds that of this very spec, or begins anew",
    )
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    spec = _spec(args)
    progress = ProgressLines()
    try:
        folder = _trained(spec, args, progress)
    finally:
        progress.close()
    facts = folder.facts()
    if args.json:
        tell_json(facts)
    else:
        tell(summary(facts, folder.path))
    if facts["reason"]:
        tell(f"nnspec: {facts['reason']}", error=True)
    return TERMINATED if facts.get("signal") == "SIGTERM" else EXIT_CODES[facts["status"]]


def _spec(args: argparse.Namespace) -> Spec:
    """The spec to be run.

    Raises:
        UsageError: The arguments contradict each other, or there is none.
    """
    named = args.resume not in (None, AUTO)
    if args.resume is not None and args.force:
        raise UsageError("--resume goes on with a run and --force replaces it: choose one")
    if named and args.out is not None:
        raise UsageError("--resume DIR goes on in that folder: leave -o out")
    if args.spec is not None:
        return load(args.spec, args.settings)
    if not named:
        raise UsageError("name a spec: nnspec run SPEC")
    return own_spec(Path(args.resume), args.settings)


def _trained(spec: Spec, args: argparse.Namespace, progress: ProgressLines) -> RunFolder:
    if spec.document.train.each_fold:
        resume = args.resume
        return cross_validate(spec, args.out, progress, force=args.force, offline=args.offline, resume=resume)
    reporting = Reporting(progress)
    folder = execute(spec, args.out, reporting, force=args.force, offline=args.offline, resume=args.resume)
    reporting.run_ended()
    return folder


def summary(facts: dict[str, Any], folder: Path) -> str:
    """What came out, in a few lines."""
    lines = [f"{facts['status']} after {facts['epochs']} epochs in {facts['seconds']:.1f} s"]
    if "folds" in facts:
        lines = [f"{facts['status']}: {len(facts['folds'])} folds in {facts['seconds']:.1f} s; mean ± spread"]
    spread = facts.get("spread", {})
    for split, metrics in facts["metrics"].items():
        figures = [
            f"{name} {value:.4f}" + (f" ± {spread[split][name]:.4f}" if spread else "")
            for name, value in metrics.items()
            if isinstance(value, float)
        ]
        lines.append(f"  {split:<10}  {', '.join(figures)}")
    best = facts["best"]
    if best is not None:
        lines.append(f"  best        {best['monitor']} {best['value']:.4f} in epoch {best['epoch']}")
    lines += [f"warning: {warning}" for warning in facts["warnings"]]
    report = folder / REPORT
    lines.append(f"report: {report}" if report.exists() else f"run folder: {folder}")
    return "\n".join(lines)
