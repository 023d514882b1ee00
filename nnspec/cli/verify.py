"""`nnspec verify RUN`: whether a run is intact, and whether training it once more gives the same bytes."""

import argparse
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from nnspec.cli.arguments import add_json, add_offline, positive
from nnspec.cli.output import tell, tell_json
from nnspec.cli.progress import ProgressLines
from nnspec.errors import EXPECTATION, FAILED, GOOD, NnspecError, RunFolderError
from nnspec.runs.checkpoints import place_text
from nnspec.runs.folder import RunFolder
from nnspec.runs.replay import Difference, Replay, replay
from nnspec.runs.verification import Finding, Verdict, Verification, verify

EXIT_CODES: Mapping[Verdict, int] = {"same": GOOD, "differs": EXPECTATION, "unknown": FAILED}
UNEXPLAINED = (
    "versions, plugins and kernels are those of the run: either its files were changed after training, or "
    "something draws from elsewhere than the run's generators"
)


@dataclass(frozen=True)
class Outcome:
    """What came of verifying one run.

    Attributes:
        path: The run folder.
        verification: What its files say.
        replay: What training once more says; None where that was not asked for, or could not be done.
        failure: Why it could not be done.
    """

    path: Path
    verification: Verification
    replay: Replay | None = None
    failure: str | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        if self.replay is not None and self.replay.differences:
            return "differs"
        found = self.verification.verdict
        return "unknown" if found == "same" and self.failure is not None else found


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="the folder of a run")
    parser.add_argument(
        "--replay", action="store_true", help="train it once more, in memory, and compare bit by bit"
    )
    parser.add_argument("--epochs", metavar="N", type=positive, help="with --replay: the first N epochs only")
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    replayed = args.replay or args.epochs is not None
    outcomes = []
    for path in chain.from_iterable(map(_with_folds, args.runs)):
        outcomes.append(_outcome(path, replayed=replayed, epochs=args.epochs, offline=args.offline))
        if not args.json:
            tell(_text(outcomes[-1]))
    if args.json:
        documents = [_document(outcome) for outcome in outcomes]
        tell_json(documents if len(documents) > 1 else documents[0])
    # What differs outweighs what could not be found out.
    found = {outcome.verdict for outcome in outcomes}
    return EXIT_CODES[next((verdict for verdict in ("differs", "unknown") if verdict in found), "same")]


def _with_folds(path: Path) -> Iterator[Path]:
    """A run; behind a cross-validation, the runs of its folds."""
    yield path
    with suppress(RunFolderError):
        yield from (path / entry["folder"] for entry in RunFolder.open(path).facts().get("folds", ()))


def _outcome(path: Path, *, replayed: bool, epochs: int | None, offline: bool) -> Outcome:
    found = verify(path, offline=offline)
    if not replayed or not found.facts or "folds" in found.facts:
        return Outcome(path, found)
    if _of(found, "data") == "differs":
        return Outcome(path, found, failure="not trained once more: the data is other than it was")
    progress = ProgressLines()
    try:
        again = replay(RunFolder.open(path), progress, epochs=epochs, offline=offline)
    except NnspecError as error:
        return Outcome(path, found, failure=f"could not be trained once more: {error}")
    finally:
        progress.close()
    return Outcome(path, found, again)


def _of(found: Verification, subject: str) -> Verdict:
    return next((finding.verdict for finding in found.findings if finding.subject == subject), "unknown")


def _text(outcome: Outcome) -> str:
    found, facts = outcome.verification, outcome.verification.facts
    head = f"{outcome.path}: "
    head += f"{facts['name']}, {facts['status']} {_extent(facts)}" if facts else "damaged"
    lines = [head, *_finding_lines(found.findings)]
    if outcome.failure is not None:
        lines.append(_line("replay", outcome.failure))
    if outcome.replay is not None:
        lines += _replay_lines(outcome.replay)
    told = outcome.replay.reasons if outcome.replay is not None else ()
    lines += [_line("note", text) for text in found.notes if text not in told]
    return "\n".join([*lines, _conclusion(outcome)])


def _extent(facts: Mapping[str, Any]) -> str:
    return f"with {len(facts['folds'])} folds" if "folds" in facts else f"after {facts['epochs']} epochs"


def _finding_lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    """The files that are as they were in one line, all else one by one."""
    about = ("data", "fingerprint")
    intact = [finding for finding in findings if finding.verdict == "same" and finding.subject not in about]
    if intact:
        yield _line("files", f"{len(intact)} intact")
    for finding in findings:
        if finding not in intact:
            marks = {"same": "", "differs": "DIFFERS: ", "unknown": "cannot tell: "}
            yield _line(finding.subject, marks[finding.verdict] + finding.text)


def _replay_lines(found: Replay) -> Iterator[str]:
    compared = f"{found.lines} lines of metrics, {found.tensors} tensors in {len(found.checkpoints)} checkpoints"
    yield _line("replay", f"trained to {place_text(*found.until)}: {compared}")
    if not found.differences:
        yield _line("", "all of them the same, bit by bit")
        return
    figures = [difference for difference in found.differences if difference.is_figure]
    others = [difference for difference in found.differences if not difference.is_figure]
    yield _line("", f"DIFFERS: {len(figures)} figures, {len(others)} tensors or states")
    yield from (_line("", f"first of them: {some[0]}") for some in (figures, others) if some)
    if found.largest is not None:
        yield _line("", f"farthest apart: {found.largest}")
    yield from (_line("why it may", reason) for reason in found.reasons or [UNEXPLAINED])


def _line(subject: str, text: str) -> str:
    return f"  {subject:<14}{'' if len(subject) < 14 else '  '}{text}"


def _conclusion(outcome: Outcome) -> str:
    if outcome.verification.verdict == "differs":
        return "not what it says it is"
    if outcome.verdict == "differs":
        return "intact; training it once more gives other numbers"
    if outcome.verdict == "unknown":
        return "nothing wrong was found, but not all could be looked at"
    return "intact; training it once more gives the same bytes" if outcome.replay is not None else "intact"


def _document(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON has it."""
    found, again = outcome.verification, outcome.replay
    facts = {name: found.facts.get(name) for name in ("name", "status", "epochs", "fingerprint")}
    return {
        "run": str(outcome.path),
        "verdict": outcome.verdict,
        **facts,
        "findings": [asdict(finding) for finding in found.findings],
        "replay": _replay_document(again) if again is not None else None,
        "failure": outcome.failure,
        "notes": list(found.notes),
    }


def _replay_document(found: Replay) -> dict[str, Any]:
    epoch, step = found.until
    return {
        "identical": not found.differences,
        "until": {"epoch": epoch, "step": step},
        "lines": found.lines,
        "checkpoints": found.checkpoints,
        "tensors": found.tensors,
        "differences": [_difference_document(difference) for difference in found.differences],
        "largest": _difference_document(found.largest) if found.largest is not None else None,
        "reasons": found.reasons,
    }


def _difference_document(difference: Difference) -> dict[str, Any]:
    epoch, step = difference.place
    return {"epoch": epoch, "step": step, "where": difference.where, **asdict(difference.distance)}
