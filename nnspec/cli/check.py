"""`nnspec check SPEC|DIR...`: specs as regression tests."""

import argparse
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any
from xml.etree import ElementTree as ET

from nnspec.api import Silent
from nnspec.cli.arguments import add_json, add_offline, add_settings
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.cli.validate import spec_files
from nnspec.contracts.executor import Executor
from nnspec.errors import EXPECTATION, FAILED, GOOD, USAGE, NnspecError, SpecError, UsageError
from nnspec.registry.resolution import named_part
from nnspec.runs.execution import execute
from nnspec.runs.facts import look_up
from nnspec.runs.folds import cross_validate
from nnspec.runs.signals import stop, terminable
from nnspec.spec.section import Bounds
from nnspec.spec.specification import load


@dataclass(frozen=True)
class Task:
    """One spec to be run.

    Attributes:
        spec: The file.
        settings: What overrides it.
        offline: Never download data.
    """

    spec: Path
    settings: tuple[str, ...]
    offline: bool


@dataclass
class Outcome:
    """What came of one spec.

    Attributes:
        spec: The file.
        seconds: How long it ran.
        gates: Each expectation: name, value, bounds, whether it is met.
        error: Why it could not be run to its end, if so.
        exit_code: 0 good, 1 the run failed, 2 the spec is bad, 3 an expectation is not met.
    """

    spec: Path
    seconds: float = 0.0
    gates: list[tuple[str, float | None, Bounds, bool]] = field(default_factory=list)
    error: str = ""
    exit_code: int = GOOD


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("specs", metavar="SPEC|DIR", nargs="+", help="specs with `expect:`, or folders of such")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--jobs", metavar="N", type=int, default=1, help="specs at a time (default: 1)")
    who.add_argument(
        "--executor", metavar="NAME", help="who runs them: `nnspec parts executors`; options as in NAME=VALUE"
    )
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write the outcome as JUnit XML")
    add_settings(parser)
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    executor, outcomes = named_part(Executor, args.executor or f"local={args.jobs}"), []
    paths = list(spec_files(args.specs))
    tasks = [Task(path, tuple(args.settings), offline=args.offline) for path in paths]
    with terminable():
        for path, outcome in zip(paths, executor.map(_check, tasks), strict=True):
            if outcome is None:
                tell(f"{path}: states no expectation (`expect:`); passed over", error=True)
            else:
                tell(f"{path}: {'passed' if outcome.exit_code == GOOD else 'FAILED'}", error=True)
                outcomes.append(outcome)
    if not outcomes:
        raise UsageError("none of these specs states an expectation; add `expect: {test.accuracy: {min: 0.95}}`")
    if args.json:
        tell_json([_plain(outcome) for outcome in outcomes])
    else:
        tell(_table(outcomes))
    for outcome in outcomes:
        if outcome.error:
            tell(outcome.error, error=True)
    if args.junit is not None:
        _write_junit(args.junit, outcomes)
    codes = {outcome.exit_code for outcome in outcomes}
    return next((code for code in (USAGE, FAILED, EXPECTATION) if code in codes), GOOD)


def _check(task: Task) -> Outcome | None:
    path, outcome = task.spec, Outcome(task.spec)
    started = perf_counter()
    try:
        spec = load(path, task.settings)
        if not spec.document.expect:
            return None
        with tempfile.TemporaryDirectory() as folder:
            train = cross_validate if spec.document.train.each_fold else execute
            facts = train(spec, Path(folder) / "run", Silent(), offline=task.offline).facts()
    except NnspecError as error:
        outcome.error = str(error) if isinstance(error, SpecError) else f"{path}: {error}"
        outcome.exit_code = error.exit_code
    else:
        if facts["status"] == "interrupted":
            raise stop(facts["signal"])
        if facts["status"] != "finished":
            outcome.error = f"{path}: {facts['reason']}"
            outcome.exit_code = FAILED
        else:
            _judge(outcome, spec.document.expect, facts)
    outcome.seconds = perf_counter() - started
    return outcome


def _judge(outcome: Outcome, expectations: dict[str, Bounds], facts: dict[str, Any]) -> None:
    for name, bounds in expectations.items():
        value = look_up(facts["metrics"], name)
        met = (
            isinstance(value, float)
            and (bounds.min is None or value >= bounds.min)
            and (bounds.max is None or value <= bounds.max)
        )
        outcome.gates.append((name, value, bounds, met))
        if not met:
            outcome.exit_code = EXPECTATION


def _bounds(bounds: Bounds) -> str:
    parts = [f"at least {bounds.min:g}"] if bounds.min is not None else []
    parts += [f"at most {bounds.max:g}"] if bounds.max is not None else []
    return ", ".join(parts)


def _table(outcomes: list[Outcome]) -> str:
    rows = []
    for outcome in outcomes:
        seconds = f"{outcome.seconds:.1f}"
        if outcome.error:
            rows.append((str(outcome.spec), "", "", "", seconds, "could not be run"))
        for name, value, bounds, met in outcome.gates:
            found = f"{value:.4f}" if value is not None else "no such result"
            rows.append((str(outcome.spec), name, found, _bounds(bounds), seconds, "passed" if met else "FAILED"))
    return table(("spec", "result", "value", "expected", "seconds", ""), rows, right=(2, 4))


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "spec": str(outcome.spec),
        "passed": outcome.exit_code == GOOD,
        "seconds": round(outcome.seconds, 3),
        "error": outcome.error or None,
        "gates": [
            {"result": name, "value": value, "min": bounds.min, "max": bounds.max, "passed": met}
            for name, value, bounds, met in outcome.gates
        ],
    }


def _write_junit(path: Path, outcomes: list[Outcome]) -> None:
    """JUnit XML as continuous integration servers read it: a test suite a spec, a test case an expectation."""
    root = ET.Element("testsuites", name="nnspec check")
    for outcome in outcomes:
        failures = sum(not met for *_, met in outcome.gates)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=str(outcome.spec),
            tests=str(max(1, len(outcome.gates))),
            failures=str(failures),
            errors=str(int(bool(outcome.error))),
            time=f"{outcome.seconds:.3f}",
        )
        if outcome.error:
            case = ET.SubElement(suite, "testcase", classname=str(outcome.spec), name="run", time="0")
            ET.SubElement(case, "error", message=outcome.error.partition("\n")[0]).text = outcome.error
        for name, value, bounds, met in outcome.gates:
            case = ET.SubElement(suite, "testcase", classname=str(outcome.spec), name=name, time="0")
            if not met:
                message = f"{name} is {value}, expected {_bounds(bounds)}"
                ET.SubElement(case, "failure", message=message).text = message
    try:
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
