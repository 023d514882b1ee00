"""Training a spec into a run folder."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from nnspec.engine.threads import one_blas_thread
from nnspec.errors import DataError, RunFolderError, StorageError
from nnspec.runs import durable, provenance
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import Checkpoints, place_text
from nnspec.runs.experiment import Experiment, prepare
from nnspec.runs.facts import constant_facts
from nnspec.runs.folder import RunFolder
from nnspec.runs.lock import locked
from nnspec.runs.resume import Earlier, sought
from nnspec.runs.session import Session, Watcher
from nnspec.runs.signals import listening
from nnspec.spec.engine import AUTO
from nnspec.spec.specification import Spec


def execute(
    spec: Spec,
    out: Path | None,
    watcher: Watcher,
    *,
    force: bool = False,
    offline: bool = False,
    resume: Path | str | None = None,
) -> RunFolder:
    """Trains a spec and leaves a run folder, whose run.json says how it ended.

    Args:
        spec: A valid spec.
        out: The folder; by default ``runs/<name>/<UTC time>-<fingerprint>``.
        watcher: Hears of progress.
        force: Whether a run that lies at `out` may be replaced.
        offline: Never download data.
        resume: A run folder to go on with, or ``auto`` for the run of this very spec, wherever it lies; where
            there is none, a new one begins.

    Raises:
        RunFolderError: The folder exists or cannot be written, another run is at work there, or what lies there
            cannot go on with this spec.
        StorageError: The disk is full or may not be written; what was saved is intact.
        DataError: Data or checkpoints are missing or damaged.
        SpecError: Data and spec do not fit each other.
    """
    began = datetime.now(UTC)
    if resume is None:
        # Looked at before the data is read, so that a mistake costs no time.
        RunFolder.vacant(out or Path("runs") / spec.document.name / "new", force=force)
    experiment = prepare(spec, offline=offline)
    auto = spec.document.engine.shards == AUTO
    earlier = sought(experiment.spec, out, resume, any_shards=auto) if resume is not None else None
    if earlier is not None:
        with locked(earlier.folder.path):
            # Read again: it may have gone on until the lock was free.
            _go_on(experiment, Earlier.open(earlier.folder.path), watcher, any_shards=auto)
        return earlier.folder
    facts = _constant(experiment, began)
    folder = RunFolder.vacant(out or default_path(spec, began, facts["fingerprint"]), force=force)
    folder.make()
    with locked(folder.path):
        RunFolder.vacant(folder.path, force=force)
        _begin(experiment, folder, watcher, facts)
    return folder


def _begin(experiment: Experiment, folder: RunFolder, watcher: Watcher, facts: Mapping[str, Any]) -> None:
    with one_blas_thread(), listening() as request:
        session = Session(experiment, folder, watcher, facts, request)
        session.begin()
        _train(session)


def _go_on(experiment: Experiment, earlier: Earlier, watcher: Watcher, *, any_shards: bool) -> None:
    """Goes on with a run that was stopped; tells of what has changed since."""
    if any_shards:
        experiment = _with_shards(experiment, earlier.resolved["engine"]["shards"])
    resolved = experiment.spec.resolved()
    changes = earlier.changes(resolved)
    facts = _constant(experiment, datetime.now(UTC))
    earlier.check_data(facts["dataset"]["sha256"])
    folder = earlier.folder
    trained = _trained(earlier)
    if trained is not None and not earlier.may_go_on(resolved):
        watcher.notice(f"{folder.path}: this run is finished; nothing was trained")
        # Its report may still be missing: reporters are told of the end once more.
        trained.restore(experiment.network, experiment.pipeline)
        watcher.run_started(experiment, folder.path)
        return
    kept = {name: earlier.facts[name] for name in ("started", "spec_file", "spec_folder")}
    with one_blas_thread(), listening() as request:
        session = Session(experiment, folder, watcher, {**facts, **kept}, request)
        checkpoint = Checkpoints(folder).furthest(watcher.notice, session.check)
        if checkpoint.position > (experiment.spec.document.train.epochs, 0):
            done = place_text(*checkpoint.position)
            raise RunFolderError(f"{folder.path}: has come to {done} already; ask for more epochs", folder.path)
        resumption = {"at": facts["started"], "epoch": checkpoint.position[0], "step": checkpoint.position[1]}
        resumption |= {
            "changes": [str(change) for change in changes],
            "surroundings": provenance.other_surroundings(earlier.facts, experiment.spec.plugins),
        }
        for text in (*resumption["changes"], *resumption["surroundings"]):
            watcher.notice(f"changed since the run was stopped: {text}")
        session.go_on(checkpoint, earlier.facts, resumption)
        _train(session)


def _trained(earlier: Earlier) -> Checkpoint | None:
    """The network that a run stands for; None where its checkpoint is damaged."""
    with suppress(DataError):
        return Checkpoint.load(Checkpoints(earlier.folder).path(earlier.facts["checkpoint"]))
    return None


def _train(session: Session) -> None:
    try:
        session.train()
    except StorageError as error:
        with suppress(StorageError):
            session.fail(str(error))
        raise StorageError(
            f"{error}. The run is saved up to its last checkpoint: when there is room again, go on with "
            f"--resume {session.folder.path}",
            error.path,
        ) from error


def _with_shards(experiment: Experiment, shards: int) -> Experiment:
    """The experiment as it is with so many shards, which `auto` came to when the run began."""
    document = experiment.spec.document
    if document.engine.shards == shards:
        return experiment
    engine = document.engine.model_copy(update={"shards": shards})
    return prepare(replace(experiment.spec, document=document.model_copy(update={"engine": engine})))


def _constant(experiment: Experiment, began: datetime) -> dict[str, Any]:
    data, transferred = provenance.data_digest(experiment.dataset), experiment.transferred
    learned_from = data if transferred is None else f"{data} {transferred.sha256}"
    fingerprint = provenance.fingerprint(experiment.spec.resolved(), learned_from, experiment.spec.plugins)
    return constant_facts(experiment, began.isoformat(timespec="seconds"), data, fingerprint)


def default_path(spec: Spec, began: datetime, fingerprint: str) -> Path:
    """A folder of this run's own; made at once, since another run may begin within the same second."""
    name = f"{began:%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"
    parent = Path("runs") / spec.document.name
    durable.make_folder(parent)
    for number in count(1):
        path = parent / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        break
    return path
