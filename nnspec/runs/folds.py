"""Cross-validation: a run for each fold, and what they come to together.

The folder: ``fold-1`` and so on are run folders like any other, each of whose specs names its fold and so runs
again by itself. Beside them lie ``spec.yaml``, ``run.json`` with ``metrics`` as means over the folds and their
``spread``, and the pages that show them.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import fmean, stdev
from time import perf_counter
from typing import Any

from nnspec.errors import UsageError
from nnspec.report import write_report
from nnspec.runs.execution import default_path, execute
from nnspec.runs.experiment import spec_folder
from nnspec.runs.folder import FACTS, SPEC, RunFolder
from nnspec.runs.provenance import fingerprint
from nnspec.runs.reporting import Reporting
from nnspec.runs.resume import AUTO
from nnspec.runs.session import Watcher
from nnspec.spec.specification import Spec

Metrics = Mapping[str, Mapping[str, Any]]


def cross_validate(
    spec: Spec,
    out: Path | None,
    watcher: Watcher,
    *,
    force: bool = False,
    offline: bool = False,
    resume: Path | str | None = None,
) -> RunFolder:
    """Trains a network for each fold of a spec that asks for them, one after another.

    A fold that fails or is stopped ends the whole; what was done until then is told.

    Args:
        spec: A valid spec with ``train.folds``.
        out: The folder; by default ``runs/<name>/<UTC time>-<fingerprint>``.
        watcher: Hears of the progress of each fold's run.
        force: Whether a run that lies at `out` may be replaced.
        offline: Never download data.
        resume: The folder of a cross-validation to go on with.

    Raises:
        UsageError: `resume` names no folder.
        RunFolderError: The folder exists or cannot be written.
        StorageError: The disk is full or may not be written.
        DataError: Data is missing or damaged, or there are fewer samples than folds.
        SpecError: Data and spec do not fit each other.
    """
    began, clock = datetime.now(UTC), perf_counter()
    if resume is not None:
        if resume == AUTO:
            raise UsageError("with `train.folds`, name the folder to go on with: --resume DIR")
        folder = RunFolder.open(Path(resume))
    else:
        path = out or default_path(spec, began, fingerprint(spec.resolved(), "", spec.plugins))
        folder = RunFolder.vacant(path, force=force)
        _make(folder, spec)
    known = {**_said_by(spec), "started": began.isoformat(timespec="seconds")}
    folder.write_facts({**_NOTHING_YET, **known})
    runs: list[Mapping[str, Any]] = []
    folds = spec.document.train.folds or 0
    for fold in range(1, folds + 1):
        runs.append(_trained(_of(spec, fold), folder.path / f"fold-{fold}", watcher, offline=offline))
        stopped = runs[-1]["status"] != "finished"
        seconds = round(perf_counter() - clock, 3)
        facts = told_of(runs, "running" if fold < folds and not stopped else runs[-1]["status"])
        folder.write_facts({**facts, **known, "seconds": seconds})
        if stopped:
            break
    write_report(folder.path)
    return folder


def _make(folder: RunFolder, spec: Spec) -> None:
    """Makes the folder ready; the folds of a cross-validation that lay there go."""
    for earlier in sorted(folder.path.glob("fold-*")):
        shutil.rmtree(earlier)
    folder.make()
    folder.write(SPEC, spec.to_yaml().encode())


def _trained(spec: Spec, path: Path, watcher: Watcher, *, offline: bool) -> Mapping[str, Any]:
    """Trains a fold, or goes on with it, and says what came of it."""
    reporting = Reporting(watcher)
    begun = (path / FACTS).is_file()
    run = execute(spec, None if begun else path, reporting, offline=offline, resume=path if begun else None)
    reporting.run_ended()
    return run.facts()


def _of(spec: Spec, fold: int) -> Spec:
    """The spec of one fold."""
    train = spec.document.train.model_copy(update={"fold": fold})
    return replace(spec, document=spec.document.model_copy(update={"train": train}))


_NOTHING_YET: dict[str, Any] = {
    "status": "running",
    "reason": None,
    "signal": None,
    "metrics": {},
    "spread": {},
    "folds": [],
    "epochs": 0,
    "seconds": 0.0,
    "best": None,
    "warnings": [],
    "dataset": None,
    "fingerprint": "",
}
"""What run.json says before the first fold is over."""


def _said_by(spec: Spec) -> dict[str, Any]:
    """What run.json says whatever comes."""
    document = spec.document
    return {
        "name": document.name,
        "description": document.description,
        "seed": document.seed,
        "spec_file": str(spec.path) if spec.path is not None else None,
        "spec_folder": str(spec_folder(spec)),
    }


def told_of(runs: Sequence[Mapping[str, Any]], status: str) -> dict[str, Any]:
    """What run.json says of the folds so far, by what the run.json of each says."""
    first, last = runs[0], runs[-1]
    means, spread = _together([run["metrics"] for run in runs])
    return {
        **_NOTHING_YET,
        "status": status,
        "reason": f"fold {len(runs)}: {last['reason']}" if last["reason"] else None,
        "signal": last["signal"],
        "metrics": means,
        "spread": spread,
        "folds": [
            {
                "folder": f"fold-{number}",
                **{name: run[name] for name in ("status", "epochs", "stands_for", "seconds", "metrics")},
                "samples": run["dataset"]["samples"],
                "fingerprint": run["fingerprint"],
            }
            for number, run in enumerate(runs, 1)
        ],
        "epochs": first["epochs"],
        "warnings": [f"fold {number}: {text}" for number, run in enumerate(runs, 1) for text in run["warnings"]],
        **{name: first[name] for name in ("parameters", "versions", "machine", "dataset")},
        "fingerprint": sha256("\n".join(run["fingerprint"] for run in runs).encode()).hexdigest(),
    }


def _together(found: Sequence[Metrics]) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Mean and sample standard deviation of each single figure that all runs have."""
    means: dict[str, dict[str, float]] = {}
    spread: dict[str, dict[str, float]] = {}
    for split, metrics in found[0].items():
        for name in metrics:
            values = [run.get(split, {}).get(name) for run in found]
            figures = [value for value in values if isinstance(value, float)]
            if len(figures) == len(found):
                means.setdefault(split, {})[name] = fmean(figures)
                spread.setdefault(split, {})[name] = stdev(figures) if len(figures) > 1 else 0.0
    return means, spread
