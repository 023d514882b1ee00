"""The Python API, as small as the command line: load a spec, run it, open what was trained."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.engine.evaluation import Evaluation
from nnspec.engine.trainer import Epoch
from nnspec.errors import RunWarning, UsageError
from nnspec.runs import folds
from nnspec.runs.execution import execute
from nnspec.runs.experiment import Experiment
from nnspec.runs.opened import OpenedRun
from nnspec.runs.reporting import Reporting
from nnspec.spec.specification import Spec
from nnspec.spec.specification import load as load_spec


class Silent:
    """Watches a run and says nothing."""

    def run_started(self, experiment: Experiment, folder: Path) -> None:
        """Nothing."""

    def went_on(self, place: str) -> None:
        """Nothing."""

    def epoch_started(self, number: int, steps: int) -> None:
        """Nothing."""

    def steps_done(self, steps: int, cost: float) -> None:
        """Nothing."""

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        """Nothing."""

    def evaluated(self, place: str, evaluations: Mapping[str, Evaluation]) -> None:
        """Nothing."""

    def notice(self, text: str) -> None:
        """A warning, which Python shows unless it is told not to."""
        warnings.warn(text, RunWarning, stacklevel=2)


def load(path: str | Path, settings: Sequence[str] = ()) -> Spec:
    """Reads and validates a spec.

    Args:
        path: The YAML file.
        settings: Overrides as ``--set`` takes them: ``"train.epochs=3"``.

    Raises:
        SpecError: It has problems; carries all of them, with positions.
    """
    return load_spec(path, settings)


def run(
    spec: Spec | str | Path,
    out: str | Path | None = None,
    *,
    force: bool = False,
    offline: bool = False,
    resume: str | Path | None = None,
) -> OpenedRun:
    """Trains a spec, has its reporters tell of it, and opens the run.

    Args:
        spec: A loaded spec, or the path of one.
        out: The run folder; by default ``runs/<name>/<UTC time>-<fingerprint>``.
        force: Whether a run that lies there may be replaced.
        offline: Never download data.
        resume: The folder of a stopped run to go on with; ``auto`` finds that of this very spec, or begins anew.

    Returns:
        The run. ``facts["status"]`` says how it ended.

    Raises:
        NnspecError: The spec, the data or the folder does not allow it; see `nnspec.errors`.
    """
    loaded = spec if isinstance(spec, Spec) else load(spec)
    if loaded.document.train.each_fold:
        raise UsageError("a run for each fold is no single run: call `nnspec.cross_validate`")
    reporting = Reporting(Silent())
    place = Path(out) if out is not None else None
    folder = execute(loaded, place, reporting, force=force, offline=offline, resume=resume)
    reporting.run_ended()
    return OpenedRun(folder.path)


@dataclass(frozen=True)
class CrossValidation:
    """What the folds of a spec came to, together and each by itself.

    Attributes:
        folder: Where the runs of the folds lie, and the report on all of them.
        facts: What its run.json says: ``metrics`` as means over the folds, their ``spread``, ``status``.
        runs: The run of each fold that was trained.
    """

    folder: Path
    facts: Mapping[str, Any]
    runs: tuple[OpenedRun, ...]


def cross_validate(
    spec: Spec | str | Path,
    out: str | Path | None = None,
    *,
    force: bool = False,
    offline: bool = False,
    resume: str | Path | None = None,
) -> CrossValidation:
    """Trains a network for each fold of a spec that says ``train: {folds: 5}``, as ``nnspec run`` does.

    Args:
        spec: A loaded spec, or the path of one.
        out: The folder; by default ``runs/<name>/<UTC time>-<fingerprint>``.
        force: Whether a run that lies there may be replaced.
        offline: Never download data.
        resume: The folder of a stopped cross-validation to go on with.

    Raises:
        NnspecError: The spec, the data or the folder does not allow it; see `nnspec.errors`.
    """
    loaded = spec if isinstance(spec, Spec) else load(spec)
    if not loaded.document.train.each_fold:
        raise UsageError("this spec has no folds: say how many by `train: {folds: 5}`, or call `nnspec.run`")
    place = Path(out) if out is not None else None
    folder = folds.cross_validate(loaded, place, Silent(), force=force, offline=offline, resume=resume)
    facts = folder.facts()
    return CrossValidation(
        folder.path, facts, tuple(OpenedRun(folder.path / entry["folder"]) for entry in facts["folds"])
    )


def open_run(path: str | Path) -> OpenedRun:
    """Opens a run folder for prediction and evaluation.

    Raises:
        RunFolderError: There is no run there.
    """
    return OpenedRun(path)
