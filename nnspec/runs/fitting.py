"""Whether a checkpoint is one of a training: it may come from anybody, and be sound in itself."""

from collections.abc import Iterator, Mapping
from math import ceil, isfinite
from typing import Any

from nnspec.contracts.schedule import Schedule
from nnspec.engine.trainer import Trainer
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.experiment import Experiment


def check_fits(checkpoint: Checkpoint, experiment: Experiment, trainer: Trainer) -> None:
    """Brings an experiment's arrays where a checkpoint has them, and looks whether training can go on from there.

    Raises:
        DataError: It cannot: the checkpoint is of another spec, or what it says makes no sense together.
    """
    checkpoint.restore(experiment.network, experiment.pipeline, experiment.updates)
    try:
        experiment.pipeline.check(experiment.dataset.train.inputs[:1])
    except ValueError as error:
        raise checkpoint.misfit(error) from None
    for why in _misfits(checkpoint.state, experiment, trainer):
        raise checkpoint.misfit(why)


def _misfits(state: Mapping[str, Any], experiment: Experiment, trainer: Trainer) -> Iterator[str]:
    train, schedule = experiment.spec.document.train, experiment.updates.schedule
    position, updates = state["trainer"]["position"], state["trainer"]["updates"]
    if position["step"] > trainer.steps:
        yield f"{position['step']} steps are done of an epoch that has {trainer.steps}"
    taken = position["epoch"] * ceil(trainer.steps / train.accumulate) + position["step"] // train.accumulate
    if updates["step"] != taken:
        yield f"the optimizer should have taken {taken} steps, and has taken {updates['step']}"
    if train.accumulate > 1:
        yield from _gathered(position["step"] % train.accumulate, train.batch_size, updates.get("accumulated"))
    if train.average is not None and updates.get("averaged") is None:
        yield "it does not say how many weights are averaged"
    if schedule is not None and updates.get("schedule") is not None:
        yield from _reactions(schedule, updates["schedule"]["state"])


def _gathered(batches: int, size: int, said: Mapping[str, int] | None) -> Iterator[str]:
    """Whether what is said of accumulated gradients is of so many batches."""
    if said is None:
        yield "it does not say what is accumulated"
    elif said["batches"] != batches or not batches <= said["samples"] <= batches * size:
        yield f"{batches} batches should be accumulated, and are {said['batches']} of {said['samples']} samples"


def _reactions(schedule: Schedule, state: Mapping[str, Any]) -> Iterator[str]:
    """Whether a schedule can make anything of what it is said to remember, be the news good or bad."""
    for figure in (-1e300, 1e300):
        try:
            sound = isfinite(schedule.react(state, figure)[1])
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            yield f"its schedule can make nothing of what it is said to remember: {error!r}"
            return
        if not sound:
            yield "its schedule makes a rate that is no finite number of what it is said to remember"
