"""A training in progress, and its folder: what is recorded and saved as it goes, and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from nnspec.engine.evaluation import Evaluation, evaluate
from nnspec.engine.seeds import Seeds
from nnspec.engine.trainer import Epoch, Observer, Trainer
from nnspec.errors import DataError, FaultyPartError, TrainingError
from nnspec.insight.saturation import activities
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import BEST, Checkpoints, kept_name, place_text
from nnspec.runs.digests import digests
from nnspec.runs.evidence import gather, to_bytes
from nnspec.runs.experiment import Experiment
from nnspec.runs.facts import Progress, changing_facts, figures, figures_so_far
from nnspec.runs.fitting import check_fits
from nnspec.runs.folder import EVIDENCE, SPEC, RunFolder
from nnspec.runs.judgement import Judgement
from nnspec.runs.rehearsal import blamed
from nnspec.runs.rhythm import Rhythm
from nnspec.runs.signals import StopRequest
from nnspec.spec.guests import guests

# A sample large enough to tell a dead unit from a rarely used one.
ACTIVITY_SAMPLE = 500


class Watcher(Observer, Protocol):
    """Who wants to hear how a run goes on."""

    def run_started(self, experiment: Experiment, folder: Path) -> None:
        """Data is read, the folder is there, and training begins or goes on."""

    def went_on(self, place: str) -> None:
        """It goes on from there: ``epoch 3 and 20 steps``."""

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        """An epoch is over, one of so many."""

    def evaluated(self, place: str, evaluations: Mapping[str, Evaluation]) -> None:
        """In the middle of an epoch, the held-out splits were looked at."""

    def notice(self, text: str) -> None:
        """Something that a user ought to know and that no figure says."""


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes:
        status: ``finished``, ``failed`` or ``interrupted``.
        reason: Why, where it did not simply come to its end.
        signal: By which signal it was stopped.
    """

    status: str
    reason: str | None = None
    signal: str | None = None


class Session:
    """A training in progress, and its folder.

    Attributes:
        experiment: What is trained, on what.
        folder: Where it is recorded.
        progress: What it has come to.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        watcher: Watcher,
        facts: Mapping[str, Any],
        request: StopRequest,
    ) -> None:
        self.experiment = experiment
        self.folder = folder
        self.progress = Progress()
        self._watcher = watcher
        self._facts = facts
        self._request = request
        self._train = experiment.spec.document.train
        self._trainer = experiment.trainer()
        self._judgement = Judgement(self._train, experiment.monitor, self._direction())
        self._checkpoints = Checkpoints(folder)
        self._clock = perf_counter()
        self._spent = 0.0
        self._unsaved: dict[str, Checkpoint] = {}
        self._good = self._taken()

    def begin(self) -> None:
        """Makes the folder with all that is known before training.

        Raises:
            StorageError: It cannot be written.
        """
        self.folder.create()
        self.folder.write(SPEC, self.experiment.spec.to_yaml().encode())
        # Facts make the folder a run's: they come when there is something to go on from.
        self._save(self._good)

    def go_on(self, checkpoint: Checkpoint, facts: Mapping[str, Any], resumption: Mapping[str, Any]) -> None:
        """Goes to where a stopped run was saved.

        Args:
            checkpoint: What it was saved as.
            facts: What its run.json says.
            resumption: What is to be recorded of this resumption.

        Raises:
            DataError: The checkpoint is of another training.
            StorageError: The folder cannot be written.
        """
        progress = self.progress
        self._go_to(checkpoint)
        self.experiment.seeds.restore(checkpoint.state["generators"])
        self._judgement.restore(checkpoint.state["judgement"])
        progress.metrics = dict(checkpoint.state["metrics"])
        progress.lines = checkpoint.state["lines"]
        progress.training_seconds = facts["training_seconds"]
        progress.resumed = [*facts.get("resumed", ()), dict(resumption)]
        self._spent = facts["seconds"]
        left = self.folder.cut_metrics(progress.lines)
        if left < progress.lines:
            self._watcher.notice(
                f"metrics.jsonl lacks {progress.lines - left} of the lines that were written to it"
            )
            progress.lines = left
        self.folder.write(SPEC, self.experiment.spec.to_yaml().encode())
        self._good = checkpoint
        self._note(checkpoint)
        self._save(checkpoint)

    def check(self, checkpoint: Checkpoint) -> None:
        """Looks whether training can go on from there; what the network holds is another thing afterwards.

        Raises:
            DataError: It cannot.
        """
        check_fits(checkpoint, self.experiment, self._trainer)

    def train(self) -> None:
        """Trains to the end, to a failure or to a request to stop, and records which.

        Raises:
            StorageError: The folder can no longer be written; what was saved is intact.
        """
        self._watcher.run_started(self.experiment, self.folder.path)
        if self.progress.resumed:
            self._watcher.went_on(place_text(*self._place))
        try:
            with blamed(guests(self.experiment.spec.document)):
                ending = self._loop()
                self._judge_here()
        except TrainingError as error:
            ending = Ending("failed", str(error))
            # The last good epoch, rather than the step at which training went wrong.
            self._go_to(self._good)
            self._save(self._good)
            self._judge_here()
        except FaultyPartError as error:
            # What was learned so far stays; the network cannot be looked at, since that would call the part again.
            self._save(self._good)
            self._end(Ending("failed", str(error)))
            return
        self._trainer.updates.adopt()
        self._close()
        self._end(ending)

    def fail(self, reason: str) -> None:
        """Records that training could not go on.

        Raises:
            StorageError: Not even that can be written.
        """
        self._end(Ending("failed", reason))

    def _loop(self) -> Ending:
        """Takes steps until something ends the training; saves and evaluates when it is time."""
        rhythm = Rhythm(self._train, self._trainer.steps, self._request, self._spent)
        ending = self._ending(rhythm)
        if ending is not None:
            return ending
        for moment in self._trainer.moments(self._train.epochs, self._watcher, rhythm.wants_pause):
            due = rhythm.due(self._trainer.position)
            here = None
            if isinstance(moment, Epoch):
                here = self._good = self._record(moment)
            elif due.evaluate:
                here = self._evaluate()
            ending = self._ending(rhythm)
            # The best may wait in memory for the next time to save; what else stays is not all kept there.
            if due.save or ending is not None or self._unsaved.keys() - {BEST}:
                self._save(here or self._taken())
                rhythm.saved()
            if ending is not None:
                break
        return ending or Ending("finished")

    def _ending(self, rhythm: Rhythm) -> Ending | None:
        """Whether training ends here."""
        position = self._trainer.position
        place = f"{place_text(position.epoch, position.step)} of {self._train.epochs}"
        if position.epoch >= self._train.epochs:
            return Ending("finished")
        if self._judgement.verdict is not None:
            return Ending("finished", self._judgement.verdict)
        if rhythm.due(position).overtime:
            return Ending("finished", f"the time budget of {self._train.time_budget} was used up after {place}")
        if self._request.signal is not None:
            name = self._request.signal.name
            return Ending("interrupted", f"stopped by {name} after {place}; --resume goes on from there", name)
        return None

    def _record(self, epoch: Epoch) -> Checkpoint:
        """Notes what came of an epoch."""
        progress = self.progress
        progress.training_seconds += epoch.training_seconds
        progress.metrics = figures(epoch, regularized=self._regularized)
        self._write_line({"epoch": epoch.number, **progress.metrics, "seconds": round(epoch.seconds, 4)})
        here = self._heard(progress.metrics)
        self._watcher.epoch_ended(epoch, self._train.epochs)
        return here

    def _evaluate(self) -> Checkpoint:
        """Looks at the network in the middle of an epoch."""
        position = self._trainer.position
        metrics, evaluations = figures_so_far(self._trainer, regularized=self._regularized)
        self._write_line({"epoch": position.epoch, "step": position.step, **metrics})
        here = self._heard(metrics)
        self._watcher.evaluated(place_text(position.epoch, position.step), evaluations)
        return here

    def _judge_here(self) -> None:
        """Where training ends within an epoch, the run's figures are those of the network there."""
        if self._trainer.position.step:
            self.progress.metrics, _ = figures_so_far(self._trainer, regularized=self._regularized)

    def _heard(self, metrics: Mapping[str, Mapping[str, Any]]) -> Checkpoint:
        """Lets an evaluation be judged.

        Returns:
            What training stands at, the judgement included.
        """
        epoch, step = self._place
        self._judgement.hear(metrics, epoch, step, kept_name(epoch, step))
        here = self._taken()
        self._note(here)
        return here

    def _note(self, here: Checkpoint) -> None:
        """Notes under which names, beside that of the last, the checkpoint of this place is to be saved."""
        epoch, step = self._place
        best, name = self._judgement.best, kept_name(epoch, step)
        if best is not None and (best["epoch"], best["step"]) == (epoch, step):
            self._unsaved[BEST] = here
        if name in self._judgement.names or name in self._regular_names(epoch):
            self._unsaved[name] = here

    def _regular_names(self, epochs: int) -> list[str]:
        """Checkpoints that stay because of their number, up to so many epochs."""
        every = self._train.checkpoint.keep_every
        return [kept_name(epoch, 0) for epoch in range(every, epochs + 1, every)] if every is not None else []

    def _taken(self) -> Checkpoint:
        """What training stands at, whole."""
        experiment, (epoch, step) = self.experiment, self._place
        state = {
            "epoch": epoch,
            "step": step,
            "trainer": self._trainer.state(),
            "generators": generator_states(experiment.seeds, self._trainer),
            "plugins": experiment.spec.plugins,
            "judgement": self._judgement.state(),
            "metrics": self.progress.metrics,
            "lines": self.progress.lines,
        }
        return Checkpoint.take(experiment.network, experiment.updates, experiment.pipeline, state)

    def _save(self, here: Checkpoint) -> None:
        """Writes what training stands at, and what is still to be written of earlier."""
        # Before the checkpoint, which says how many lines there are.
        self.folder.sync_metrics()
        self._checkpoints.save(here, self._unsaved)
        self._unsaved.clear()
        self.progress.epochs, self.progress.step = here.position
        self.progress.stands_for = self.progress.epochs
        self._checkpoints.prune({*self._judgement.names, *self._regular_names(self.progress.epochs)})
        self._write_facts()

    def _go_to(self, checkpoint: Checkpoint) -> None:
        """Puts network, optimizer and position where they were; generators stay where they are."""
        self.check(checkpoint)
        self._trainer.restore(checkpoint.state["trainer"])

    def _close(self) -> None:
        """Goes to the network that the run stands for, and looks at it."""
        progress, experiment = self.progress, self.experiment
        if self._train.stands_for_best:
            self._stand_for_best()
        if not progress.metrics:
            progress.metrics = {
                name: evaluate(experiment.network, experiment.batches(name), experiment.metrics).values
                for name in experiment.dataset.splits
            }
        sample = experiment.pipeline.apply(experiment.dataset.train.inputs[:ACTIVITY_SAMPLE])
        progress.activities = activities(experiment.network, sample)
        progress.warnings = [activity.warning for activity in progress.activities if activity.warning is not None]
        self.folder.write(EVIDENCE, to_bytes(gather(experiment)))

    def _stand_for_best(self) -> None:
        """Goes to the best network, if there is one."""
        best = self._judgement.best
        if best is None:
            return
        try:
            self._go_to(Checkpoint.load(self._checkpoints.path(BEST)))
        except DataError as error:
            self._watcher.notice(f"{error}; the run stands for its last epoch instead of its best")
            return
        self._trainer.updates.adopt()
        self.progress.checkpoint, self.progress.stands_for = BEST, best["epoch"]
        self.progress.metrics = dict(best["metrics"])

    def _end(self, ending: Ending) -> None:
        progress = self.progress
        progress.status, progress.reason, progress.signal = ending.status, ending.reason, ending.signal
        progress.files = digests(self.folder.path)
        self._write_facts()

    def _write_line(self, line: Mapping[str, Any]) -> None:
        self.folder.append_metrics(line)
        self.progress.lines += 1

    def _write_facts(self) -> None:
        self.progress.best = self._judgement.best
        self.progress.seconds = self._spent + perf_counter() - self._clock
        self.folder.write_facts({**changing_facts(self.progress), **self._facts})

    @property
    def _place(self) -> tuple[int, int]:
        """Epochs done, and steps of the next."""
        return self._trainer.position.epoch, self._trainer.position.step

    @property
    def _regularized(self) -> bool:
        return self.experiment.spec.document.regularizer is not None

    def _direction(self) -> str | None:
        """Whether the monitored figure is better when higher or lower."""
        metric = self.experiment.metrics.get(self.experiment.monitor.partition(".")[2])
        return metric.better if metric is not None else "lower"


def generator_states(seeds: Seeds, trainer: Trainer) -> dict[str, Any]:
    """Where each generator of a training in progress stands, as far as that decides the future."""
    states = seeds.states()
    if trainer.position.shuffling is not None:
        # Where the order of samples is drawn ahead by a thread, how far it is says nothing.
        states["shuffling"] = trainer.position.shuffling
    return states
