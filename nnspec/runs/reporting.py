"""The reporters of a spec, told of its run."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.contracts.guests import fault, said
from nnspec.contracts.reporter import EpochRecord, Reporter
from nnspec.engine.evaluation import Evaluation
from nnspec.engine.network import Network
from nnspec.engine.trainer import Epoch
from nnspec.errors import PartWarning, StorageError
from nnspec.report import pages
from nnspec.report.pages import Form
from nnspec.runs.experiment import Experiment
from nnspec.runs.facts import figures
from nnspec.runs.folder import RunFolder
from nnspec.runs.session import Watcher
from nnspec.types import Array


class ReportedRun:
    """Implements `nnspec.contracts.reporter.Run` for one reporter."""

    def __init__(self, experiment: Experiment, folder: RunFolder) -> None:
        self.name = experiment.spec.document.name
        self.folder = folder.path
        self.memory: dict[str, Any] = {}
        self._network: Network = experiment.network
        self._run_folder = folder

    @property
    def facts(self) -> Mapping[str, Any]:
        """What run.json says by now."""
        return self._run_folder.facts()

    def parameters(self) -> Iterator[tuple[str, Array]]:
        """The parameters as they stand, read-only."""
        for name, array in self._network.layout.named(self._network.weights):
            view = array.view()
            view.flags.writeable = False
            yield name, view

    def write(self, name: str, content: bytes) -> None:
        """Writes a file, whole or not at all."""
        self._run_folder.write(name, content)

    def page(self, form: Form) -> str:
        """The report of nnspec itself."""
        return pages(self.folder, form)[form]


class Reporting:
    """Watches a run for its reporters, beside another watcher.

    A reporter that fails must not cost a training of hours: its failure is a warning, and it hears no more.
    """

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._told: list[tuple[Reporter, ReportedRun]] = []
        self._regularized = False

    def run_started(self, experiment: Experiment, folder: Path) -> None:
        """The folder is there, and training begins."""
        self._watcher.run_started(experiment, folder)
        document = experiment.spec.document
        self._regularized = document.regularizer is not None
        self._told = [(reporter, ReportedRun(experiment, RunFolder(folder))) for reporter in document.reporters]
        self._tell(lambda reporter, run: reporter.started(run))

    def went_on(self, place: str) -> None:
        """It had been stopped before."""
        self._watcher.went_on(place)

    def epoch_started(self, number: int, steps: int) -> None:
        """An epoch begins."""
        self._watcher.epoch_started(number, steps)

    def steps_done(self, steps: int, cost: float) -> None:
        """Steps are done."""
        self._watcher.steps_done(steps, cost)

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        """An epoch is over, and the run folder tells of it."""
        self._watcher.epoch_ended(epoch, epochs)
        record = EpochRecord(epoch.number, figures(epoch, regularized=self._regularized), epoch.seconds)
        self._tell(lambda reporter, run: reporter.epoch_ended(run, record))

    def evaluated(self, place: str, evaluations: Mapping[str, Evaluation]) -> None:
        """In the middle of an epoch, the held-out splits were looked at."""
        self._watcher.evaluated(place, evaluations)

    def notice(self, text: str) -> None:
        """Something that no figure says."""
        self._watcher.notice(text)

    def run_ended(self) -> None:
        """The run is over, and nothing more will be written to the folder by others.

        Raises:
            StorageError: What they write cannot be written.
        """
        self._tell(lambda reporter, run: reporter.ended(run))

    def _tell(self, call: Callable[[Reporter, ReportedRun], None]) -> None:
        for reporter, run in list(self._told):
            try:
                call(reporter, run)
            except StorageError:
                # A full disk is no fault of the reporter's, and what it had to say is missing.
                raise
            except Exception as error:  # noqa: BLE001 -- whatever it is, the run goes on
                self._told.remove((reporter, run))
                warnings.warn(f"{fault(reporter, f'fails, and hears no more: {said(error)}', ())}", PartWarning, 2)
