"""Whether a run is what it says: its files intact and of one mind, its fingerprint that of its spec and data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nnspec.engine.seeds import Seeds
from nnspec.errors import DataError, NnspecError, RunFolderError, SpecError
from nnspec.registry import default_resolver
from nnspec.runs import provenance
from nnspec.runs.agreement import Story
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import LAST, SUFFIX
from nnspec.runs.digests import checkpoints, digest
from nnspec.runs.experiment import load_data, spec_folder
from nnspec.runs.folder import CHECKPOINTS, FACTS, METRICS, SPEC, RunFolder
from nnspec.runs.folds import told_of
from nnspec.runs.history import Line, read_history
from nnspec.runs.resume import own_spec
from nnspec.spec.reader import read_file
from nnspec.spec.specification import Spec

Verdict = Literal["same", "differs", "unknown"]

ENDED = ("finished", "failed", "interrupted")
TOLD_OF_FOLDS = ("metrics", "spread", "folds", "fingerprint")
PAGES = ("html", "markdown")
"""Reporters of nnspec itself, each of which leaves a file."""


@dataclass(frozen=True)
class Finding:
    """What looking at one thing came to.

    Attributes:
        subject: A file of the run by its path within, or ``data``, ``fingerprint``, ``replay``.
        verdict: Whether it is what the run left; ``unknown`` where that could not be found out.
        text: How it is, in a sentence.
    """

    subject: str
    verdict: Verdict
    text: str


@dataclass(frozen=True)
class Verification:
    """What verifying a run came to.

    Attributes:
        facts: What its run.json says; empty where that is damaged.
        findings: One a subject, at least.
        notes: What a reader ought to know, and what speaks for nothing being wrong.
    """

    facts: Mapping[str, Any]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """That of the run as a whole: the worst."""
        found = {finding.verdict for finding in self.findings}
        return "differs" if "differs" in found else "unknown" if "unknown" in found else "same"


def verify(path: Path, *, offline: bool = False) -> Verification:
    """Looks at a run's files, its data and its fingerprint; nothing is trained.

    Args:
        path: The run folder.
        offline: Never download data.

    Raises:
        RunFolderError: There is no run there.
    """
    folder = RunFolder.open(path)
    try:
        facts = folder.facts()
    except RunFolderError as error:
        return Verification({}, (Finding(FACTS, "differs", str(error)),))
    if "folds" in facts:
        return Verification(facts, tuple(_folds(folder, facts)), tuple(_notes(facts)))
    findings = list(_files(folder, facts))
    try:
        spec = own_spec(path, [])
    except NnspecError as error:
        findings.append(Finding("spec", "unknown", f"cannot be run here: {error}"))
    else:
        findings += [*_pages(folder, facts, spec), *_origin(folder, facts, spec, offline=offline)]
    return Verification(facts, tuple(findings), tuple(_notes(facts)))


def _files(folder: RunFolder, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """The files that training left: each for itself, then what they say of each other."""
    recorded: Mapping[str, str] = facts.get("files", {})
    loaded: dict[str, Checkpoint] = {}
    names = {file.relative_to(folder.path).as_posix() for file in checkpoints(folder.path)}
    for name in sorted({*recorded, *names, f"{CHECKPOINTS}/{LAST}{SUFFIX}"}):
        file = folder.path / name
        if not file.is_file():
            yield Finding(name, "differs", "missing")
            continue
        if name in names:
            try:
                loaded[file.stem] = Checkpoint.load(file)
            except DataError as error:
                yield Finding(name, "differs", str(error).removeprefix(f"{file}: "))
                continue
        expected = recorded.get(name)
        if recorded and expected != digest(file):
            was = f"its SHA-256 was {expected[:12]}... then" if expected is not None else "the run left none"
            yield Finding(name, "differs", f"not the file that the run left: {was}")
        else:
            yield Finding(name, "same", "intact")
    lines: list[Line] | None = None
    try:
        lines = read_history(folder.path / METRICS)
    except DataError as error:
        yield Finding(METRICS, "differs", str(error).removeprefix(f"{folder.path / METRICS}: "))
    story = Story(_written(folder), facts, lines, loaded.get(LAST))
    yield from (Finding(subject, "differs", text) for subject, text in story.disagreements())


def _pages(folder: RunFolder, facts: Mapping[str, Any], spec: Spec) -> Iterator[Finding]:
    """The pages that the spec's own reporters leave."""
    if facts["status"] == "running":
        return
    for reporter in spec.document.reporters:
        if spec.resolver.word(reporter) in PAGES:
            name = reporter.model_dump()["file"]
            there = (folder.path / name).is_file()
            text = "there" if there else f"missing: `nnspec run --resume {folder.path}` makes it again"
            yield Finding(name, "same" if there else "differs", text)


def _origin(folder: RunFolder, facts: Mapping[str, Any], spec: Spec, *, offline: bool) -> Iterator[Finding]:
    """Data and fingerprint, had again from the spec."""
    try:
        seeds = Seeds(spec.document.seed)
        dataset = load_data(spec, seeds, spec_folder(spec), offline=offline, progress=False)
    except NnspecError as error:
        yield Finding("data", "unknown", str(error))
        yield Finding("fingerprint", "unknown", "it takes the data to have it again")
        return
    data, expected = provenance.data_digest(dataset), facts["dataset"]["sha256"]
    if data == expected:
        yield Finding("data", "same", f"SHA-256 {data[:12]}...")
    else:
        then = {file["name"]: file["sha256"] for file in facts["dataset"].get("files", ())}
        other = ", ".join(file.name for file in dataset.files if then.get(file.name) != file.sha256)
        text = f"not what it was trained on{f' ({other})' if other else ''}: SHA-256 {data[:12]}..., then"
        yield Finding("data", "differs", f"{text} {expected[:12]}...")
    recorded = facts["fingerprint"]
    found = provenance.fingerprint(_written(folder), data, facts.get("plugins", {}), facts["versions"])
    if found == recorded:
        yield Finding("fingerprint", "same", recorded)
    else:
        cause = "data" if data != expected else "spec, seed or versions"
        text = f"{recorded[:12]}... is not that of this {cause}: {found[:12]}..."
        yield Finding("fingerprint", "differs", text)


def _folds(folder: RunFolder, facts: Mapping[str, Any]) -> Iterator[Finding]:
    """Whether a cross-validation says of its folds what they say; they are runs, each to be verified by itself."""
    names = [entry["folder"] for entry in facts["folds"]]
    if not names:
        return
    try:
        told = told_of([RunFolder.open(folder.path / name).facts() for name in names], facts["status"])
    except RunFolderError as error:
        yield Finding("folds", "differs", str(error))
        return
    wrong = [name for name in TOLD_OF_FOLDS if told[name] != facts.get(name)]
    text = f"says other {' and '.join(wrong)} than its folds" if wrong else "says what its folds say"
    yield Finding(FACTS, "differs" if wrong else "same", text)


def _notes(facts: Mapping[str, Any]) -> Iterator[str]:
    status = facts["status"]
    if status == "running":
        yield "it has not come to an end: it is still running, or was killed; --resume goes on with it"
    elif status != "finished":
        yield f"it is {status}: {facts['reason']}"
    if status in ENDED and not facts.get("files") and "folds" not in facts:
        yield "it was made by a version that records no hashes of files: checkpoints alone carry their own"
    catalogue = default_resolver().catalogue
    installed = {name: catalogue.version(name) or "not installed" for name in facts.get("plugins", {})}
    for text in provenance.other_surroundings(facts, installed):
        yield f"since then: {text}"


def _written(folder: RunFolder) -> Mapping[str, Any]:
    """The spec as the run wrote it, without defaults that have come up since; empty where it is no spec."""
    try:
        value = read_file(folder.path / SPEC).value
    except SpecError:
        return {}
    return value if isinstance(value, Mapping) else {}
