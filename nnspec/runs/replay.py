"""A run trained once more, in memory, and held against what it left: the same bytes, or how far apart and why.

Compared are the figures of every evaluation, and at each place of which a checkpoint is left, its tensors and the
states of its generators. Nothing depends on a clock: a run that its time budget ended is trained up to there.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from nnspec.engine.threads import one_blas_thread
from nnspec.engine.trainer import Epoch, Position, Trainer
from nnspec.errors import DataError, TrainingError
from nnspec.runs import provenance
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import Checkpoints, place_text
from nnspec.runs.digests import checkpoints
from nnspec.runs.distance import Distance, between_figures, between_tensors
from nnspec.runs.experiment import Experiment, prepare
from nnspec.runs.facts import figures, figures_so_far
from nnspec.runs.folder import METRICS, RunFolder
from nnspec.runs.history import Place, read_history
from nnspec.runs.rehearsal import blamed
from nnspec.runs.resume import own_spec
from nnspec.runs.rhythm import Rhythm
from nnspec.runs.session import Watcher, generator_states
from nnspec.runs.signals import StopRequest
from nnspec.spec.guests import guests
from nnspec.spec.specification import Spec


@dataclass(frozen=True)
class Difference:
    """Something that came out otherwise.

    Attributes:
        place: Where in training.
        where: In which file.
        distance: What, and by how much.
    """

    place: Place
    where: str
    distance: Distance

    def __str__(self) -> str:
        return f"{place_text(*self.place)}, {self.where}: {self.distance}"

    @property
    def is_figure(self) -> bool:
        """Whether it is one of metrics, rather than of a checkpoint."""
        return self.where == METRICS


@dataclass
class Replay:
    """What training once more came to.

    Attributes:
        until: How far it went.
        lines: How many lines of metrics were compared.
        checkpoints: Names of the checkpoints that were compared.
        tensors: How many tensors they have.
        differences: In the order of training.
        reasons: Why there may be some.
    """

    until: Place
    lines: int = 0
    checkpoints: list[str] = field(default_factory=list)
    tensors: int = 0
    differences: list[Difference] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def largest(self) -> Difference | None:
        """The difference by the largest absolute distance."""
        measured = [found for found in self.differences if found.distance.absolute is not None]
        return max(measured, key=lambda found: found.distance.absolute or 0.0, default=None)


def replay(folder: RunFolder, watcher: Watcher, *, epochs: int | None = None, offline: bool = False) -> Replay:
    """Trains a run once more.

    Args:
        folder: The run.
        watcher: Hears of progress.
        epochs: So many epochs at most.
        offline: Never download data.

    Raises:
        DataError: Its data or all of its checkpoints are missing or damaged.
        SpecError: Its spec has problems, such as plugins that are not installed.
        FaultyPartError: The part of a plugin fails.
    """
    spec, facts = _clockless(own_spec(folder.path, [])), folder.facts()
    left = _left(folder)
    if not left:
        raise DataError("there is no intact checkpoint to compare with", folder.path)
    end = max(left.values())
    until = min(end, (epochs, 0)) if epochs is not None else end
    lines = {line.place: line.metrics for line in read_history(folder.path / METRICS)}
    comparison = _Comparison(Checkpoints(folder), left, lines, Replay(until))
    experiment = prepare(spec, offline=offline)
    with one_blas_thread(), blamed(guests(spec.document)):
        comparison.go_through(_Retraining(experiment, until, set(left.values())), watcher)
    found = comparison.found
    if found.differences:
        found.reasons = list(_reasons(facts, experiment.spec.plugins))
    return found


class _Retraining:
    """A training that stops where there is something to compare."""

    def __init__(self, experiment: Experiment, until: Place, places: set[Place]) -> None:
        self.experiment = experiment
        self.trainer: Trainer = experiment.trainer()
        self.until = until
        self._places = places | {until}
        self._rhythm = Rhythm(experiment.spec.document.train, self.trainer.steps, StopRequest())

    @property
    def place(self) -> Place:
        """Where training stands."""
        return self.trainer.position.epoch, self.trainer.position.step

    def moments(self, watcher: Watcher) -> Iterator[Mapping[str, Any] | None]:
        """Trains to the end; yields the metrics of each evaluation, and None where there is none."""
        regularized = self.experiment.spec.document.regularizer is not None
        yield None
        if self.place == self.until:
            return
        for moment in self.trainer.moments(self.experiment.spec.document.train.epochs, watcher, self._pauses):
            metrics = None
            if isinstance(moment, Epoch):
                metrics = figures(moment, regularized=regularized)
                watcher.epoch_ended(moment, self.until[0] + (self.until[1] > 0))
            elif self._rhythm.due(self.trainer.position).evaluate:
                metrics, _ = figures_so_far(self.trainer, regularized=regularized)
            yield metrics
            if self.place >= self.until:
                return

    def standing(self) -> Checkpoint:
        """What training stands at, as far as it decides the future."""
        experiment = self.experiment
        generators = generator_states(experiment.seeds, self.trainer)
        state = {"trainer": self.trainer.state(), "generators": generators}
        return Checkpoint.take(experiment.network, experiment.updates, experiment.pipeline, state)

    def _pauses(self, position: Position) -> bool:
        return (position.epoch, position.step) in self._places or self._rhythm.wants_pause(position)


class _Comparison:
    """What a run left, held against a training as it goes."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        places: Mapping[str, Place],
        lines: Mapping[Place, Mapping[str, Any]],
        found: Replay,
    ) -> None:
        self.found = found
        self._checkpoints = checkpoints
        self._places = places
        # Those that are left over at the end came of nothing.
        self._lines = {place: metrics for place, metrics in lines.items() if place <= found.until}

    def go_through(self, training: _Retraining, watcher: Watcher) -> None:
        """Compares, place by place."""
        try:
            for metrics in training.moments(watcher):
                self._compare_figures(training.place, metrics)
                self._compare_checkpoints(training)
        except TrainingError as error:
            self._add(training.place, METRICS, [Distance("training", text=f"came to an end: {error}")])
        for place in self._lines:
            self._add(place, METRICS, [Distance("the line", text="is of an evaluation that there was not")])

    def _compare_figures(self, place: Place, metrics: Mapping[str, Any] | None) -> None:
        if metrics is None:
            return
        self.found.lines += 1
        recorded = self._lines.pop(place, None)
        if recorded is None:
            self._add(place, METRICS, [Distance("the line", text="is missing")])
        else:
            self._add(place, METRICS, between_figures(recorded, metrics))

    def _compare_checkpoints(self, training: _Retraining) -> None:
        names = [name for name, place in self._places.items() if place == training.place]
        if names:
            again = training.standing()
            for name in names:
                self._compare(name, Checkpoint.load(self._checkpoints.path(name)), again)

    def _compare(self, name: str, recorded: Checkpoint, again: Checkpoint) -> None:
        self.found.checkpoints.append(name)
        self.found.tensors += len(recorded.tensors)
        self._add(recorded.position, name, between_tensors(recorded.tensors, again.tensors))
        now = json.loads(json.dumps(again.state))
        for part in ("trainer", "generators"):
            if recorded.state.get(part) != now[part]:
                self._add(recorded.position, name, [Distance(f"the state of {part}", text="is another")])

    def _add(self, place: Place, where: str, distances: list[Distance]) -> None:
        self.found.differences += [Difference(place, where, distance) for distance in distances]


def _clockless(spec: Spec) -> Spec:
    """The spec without its time budget: how far that went stands in the checkpoint."""
    document = spec.document
    train = document.train.model_copy(update={"time_budget": None})
    return replace(spec, document=document.model_copy(update={"train": train}))


def _left(folder: RunFolder) -> dict[str, Place]:
    """The checkpoints that are intact, by name: where in training each was taken."""
    found = {}
    for path in checkpoints(folder.path):
        with suppress(DataError):
            found[path.stem] = Checkpoint.load(path).position
    return found


def _reasons(facts: Mapping[str, Any], plugins: Mapping[str, str]) -> Iterator[str]:
    """Why training once more may come out otherwise."""
    yield from (f"since then: {text}" for text in provenance.other_surroundings(facts, plugins))
    for resumption in facts.get("resumed", ()):
        changes = (*resumption.get("changes", ()), *resumption.get("surroundings", ()))
        place = place_text(resumption["epoch"], resumption["step"])
        yield from (f"when it went on after {place}: {text}" for text in changes)
