"""The kit catches mistakes in reporters, exporters and executors, and says which it was."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, TypeVar

import numpy as np
import pytest

from nnspec.extend import EpochRecord, Executor, Exporter, Model, Reporter, Run
from nnspec.parts.executors.local import Local
from nnspec.parts.exporters.numpy import Numpy
from nnspec.testing import ContractError, check_executor, check_exporter, check_reporter

T = TypeVar("T")
R = TypeVar("R")


class Lines(Reporter):
    """Costs by epoch as JSON; what is derived from it gets one thing wrong."""

    def started(self, run: Run) -> None:
        run.memory["costs"] = []

    def epoch_ended(self, run: Run, epoch: EpochRecord) -> None:
        run.memory["costs"].append(epoch.metrics["train"]["cost"])

    def ended(self, run: Run) -> None:
        run.write("costs.json", json.dumps(run.memory["costs"]).encode())


class Resets(Lines):
    """Writes into the parameters that it is shown."""

    def ended(self, run: Run) -> None:
        for _, array in run.parameters():
            array[...] = 0


class NeedsAnEpoch(Lines):
    def ended(self, run: Run) -> None:
        run.write("costs.json", str(run.memory["costs"][-1]).encode())


class NeedsASpec(Lines):
    def epoch_ended(self, run: Run, epoch: EpochRecord) -> None:
        run.memory["costs"].append(epoch.metrics["test"]["cost"])


HEARD: list[str] = []


class OneForAll(Lines):
    """Remembers outside the run's memory."""

    def started(self, run: Run) -> None:
        super().started(run)
        HEARD[:] = [run.folder.name]

    def ended(self, run: Run) -> None:
        if [run.folder.name] == HEARD:
            super().ended(run)


def test_a_correct_reporter_passes() -> None:
    check_reporter(Lines())


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Resets, "inputs are read-only"),
        (NeedsAnEpoch, "a run that is interrupted after 0 epochs is reported.\n.*IndexError"),
        (NeedsASpec, "KeyError: 'test'"),
        (OneForAll, "what it remembers lies in `run.memory`"),
    ],
)
def test_a_reporter_with_a_mistake_is_caught(kind: type[Reporter], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_reporter(kind())


class Dated(Numpy):
    def export(self, model: Model) -> bytes:
        return super().export(model) + str(time.perf_counter_ns()).encode()


class SpecAlone(Numpy):
    def export(self, model: Model) -> bytes:
        return model.spec.encode()


class InPlace(Numpy):
    def export(self, model: Model) -> bytes:
        for array in model.arrays().values():
            np.multiply(array, 2, out=array)
        return super().export(model)


class Textual(Numpy):
    suffix: ClassVar[str] = "npz"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Dated, "the same network gives the same bytes"),
        (SpecAlone, "Other parameters gave the same file"),
        (InPlace, "inputs are read-only"),
        (Textual, "begins with a dot"),
    ],
)
def test_an_exporter_with_a_mistake_is_caught(kind: type[Exporter], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_exporter(kind())


class Backwards(Local):
    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        yield from (function(task) for task in reversed(tasks))


class Forgiving(Local):
    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        for task in tasks:
            try:
                yield function(task)
            except ArithmeticError:
                continue


class AtOnce(Local):
    def map(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        return iter([function(task) for task in tasks])


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Backwards, "results come in the order of the tasks"),
        (Forgiving, "It did not raise"),
        (AtOnce, "results before one that fails can be had"),
    ],
)
def test_an_executor_with_a_mistake_is_caught(kind: type[Executor], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_executor(kind())
