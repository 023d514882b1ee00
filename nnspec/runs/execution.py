"""Training a spec into a run folder."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from nnspec.engine.evaluation import evaluate
from nnspec.engine.threads import one_blas_thread
from nnspec.engine.trainer import Epoch, Observer
from nnspec.errors import FaultyPartError, NnspecError, TrainingError
from nnspec.insight.saturation import activities
from nnspec.runs import provenance
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.evidence import gather, to_bytes
from nnspec.runs.experiment import Experiment, prepare
from nnspec.runs.facts import Progress, better, changing_facts, constant_facts, figures, look_up
from nnspec.runs.folder import CHECKPOINTS, EVIDENCE, SPEC, RunFolder
from nnspec.runs.rehearsal import blamed
from nnspec.spec.guests import guests
from nnspec.spec.specification import Spec

# A sample large enough to tell a dead unit from a rarely used one.
ACTIVITY_SAMPLE = 500


class Watcher(Observer, Protocol):
    """Who wants to hear how a run goes on."""

    def run_started(self, experiment: Experiment, folder: Path) -> None:
        """Data is read, the folder is there, and training begins."""

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        """An epoch is over, one of so many."""


def execute(
    spec: Spec, out: Path | None, watcher: Watcher, *, force: bool = False, offline: bool = False
) -> RunFolder:
    """Trains a spec and leaves a run folder, whose run.json says how it ended.

    Args:
        spec: A valid spec.
        out: The folder; by default ``runs/<name>/<UTC time>-<fingerprint>``.
        watcher: Hears of progress.
        force: Whether a run that lies at `out` may be replaced.
        offline: Never download data.

    Raises:
        RunFolderError: The folder exists or cannot be written.
        DataError: Data is missing or damaged.
        SpecError: Data and spec do not fit each other.
    """
    began = datetime.now(UTC)
    # Looked at before the data is read, so that a mistake costs no time.
    RunFolder.vacant(out or Path("runs") / spec.document.name / "new", force=force)
    experiment = prepare(spec, offline=offline)
    data = provenance.data_digest(experiment.dataset)
    fingerprint = provenance.fingerprint(experiment.spec.resolved(), data, experiment.spec.plugins)
    folder = RunFolder.vacant(out or _default_path(spec, began, fingerprint), force=force)
    facts = constant_facts(experiment, began.isoformat(timespec="seconds"), data, fingerprint)
    run = _Run(experiment, folder, watcher, facts)
    run.start()
    run.train()
    return folder


def _default_path(spec: Spec, began: datetime, fingerprint: str) -> Path:
    """A folder of this run's own; made at once, since another run may begin within the same second."""
    name = f"{began:%Y%m%dT%H%M%SZ}-{fingerprint[:8]}"
    parent = Path("runs") / spec.document.name
    for number in count(1):
        path = parent / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        break
    return path


class _Run:
    """A training in progress, and its folder."""

    def __init__(
        self, experiment: Experiment, folder: RunFolder, watcher: Watcher, facts: Mapping[str, Any]
    ) -> None:
        self.experiment = experiment
        self.folder = folder
        self.watcher = watcher
        self.facts = facts
        self.progress = Progress()
        self._clock = perf_counter()

    def start(self) -> None:
        """Makes the folder with all that is known before training."""
        self.folder.create()
        self.folder.write(SPEC, self.experiment.spec.to_yaml().encode())
        self._write_facts()
        self._checkpoint("last")
        self.watcher.run_started(self.experiment, self.folder.path)

    def train(self) -> None:
        """Trains to the end, to a failure or to an interruption, and records which."""
        epochs = self.experiment.spec.document.train.epochs
        with one_blas_thread():
            try:
                with blamed(guests(self.experiment.spec.document)):
                    for epoch in self.experiment.trainer().epochs(epochs, self.watcher):
                        self._record(epoch)
                        self.watcher.epoch_ended(epoch, epochs)
                self.progress.status = "finished"
            except KeyboardInterrupt:
                self.progress.status = "interrupted"
                self.progress.reason = f"stopped by hand after {self.progress.epochs} of {epochs} epochs"
            except TrainingError as error:
                self._fail(error)
            except FaultyPartError as error:
                # The network cannot be looked at: that would call the part again.
                self._fail(error)
                self._write_facts()
                return
            self._close()
        self._write_facts()

    def _fail(self, error: NnspecError) -> None:
        self.progress.status = "failed"
        self.progress.reason = str(error)

    def _record(self, epoch: Epoch) -> None:
        progress = self.progress
        metrics = figures(epoch, regularized=self.experiment.spec.document.regularizer is not None)
        progress.epochs = progress.stands_for = epoch.number
        progress.training_seconds += epoch.training_seconds
        progress.metrics = metrics
        seconds = round(epoch.seconds, 4)
        self.folder.append_metrics({"epoch": epoch.number, **metrics, "seconds": seconds})
        monitor = self.experiment.monitor
        value = look_up(metrics, monitor)
        metric = self.experiment.metrics.get(monitor.partition(".")[2])
        so_far = progress.best["value"] if progress.best is not None else None
        if better(value, so_far, metric.better if metric is not None else "lower"):
            progress.best = {"epoch": epoch.number, "monitor": monitor, "value": value, "metrics": metrics}
            self._checkpoint("best")
        self._checkpoint("last")
        self._write_facts()

    def _close(self) -> None:
        """Goes back to the network that the run stands for, and looks at it."""
        progress, experiment = self.progress, self.experiment
        if experiment.spec.document.train.keep == "best" and progress.best is not None:
            progress.stands_for = progress.best["epoch"]
            self._restore("best")
            progress.metrics = dict(progress.best["metrics"])
        elif progress.status != "finished":
            # The last good epoch, rather than the step at which training went wrong.
            self._restore("last")
        if progress.epochs == 0:
            progress.metrics = {
                name: evaluate(experiment.network, experiment.batches(name), experiment.metrics).values
                for name in experiment.dataset.splits
            }
        sample = experiment.pipeline.apply(experiment.dataset.train.inputs[:ACTIVITY_SAMPLE])
        progress.activities = activities(experiment.network, sample)
        progress.warnings = [activity.warning for activity in progress.activities if activity.warning is not None]
        self.folder.write(EVIDENCE, to_bytes(gather(experiment)))

    def _checkpoint(self, name: str) -> None:
        state = {
            "epoch": self.progress.epochs,
            "best": self.progress.best,
            "generators": self.experiment.seeds.states(),
            "plugins": self.experiment.spec.plugins,
        }
        experiment = self.experiment
        checkpoint = Checkpoint.take(experiment.network, experiment.updates, experiment.pipeline, state)
        self.folder.write(f"{CHECKPOINTS}/{name}.safetensors", checkpoint.to_bytes())

    def _restore(self, name: str) -> None:
        Checkpoint.load(self.folder.checkpoint(name)).restore(self.experiment.network, self.experiment.pipeline)

    def _write_facts(self) -> None:
        self.progress.seconds = perf_counter() - self._clock
        self.folder.write_facts({**changing_facts(self.progress), **self.facts})
