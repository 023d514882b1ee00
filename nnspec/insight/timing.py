"""Where the time of a training step goes: layers, cost, optimizer, data; and how near it is to the limit.

Steps are real ones, on the spec's own data. Half of them run as in training and say how long a step takes; the
others run with a clock around every layer, which takes a little itself. Medians: a busy machine matters less.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from math import ceil
from statistics import fmean, median
from time import perf_counter
from typing import Any

import numpy as np

from nnspec.engine.plan import Node
from nnspec.engine.threads import one_blas_thread
from nnspec.insight.limit import bare_products
from nnspec.runs.experiment import Experiment
from nnspec.types import Array

LEAST = 5
"""So many steps at least, however long they take."""
UNDISTURBED = 0.98
"""Of durations that differ by themselves, this share is trusted, the shorter ones."""


@dataclass(frozen=True)
class LayerTime:
    """The time of one layer.

    Attributes:
        path: ``layers.0``.
        name: The part.
        forward: Microseconds of its forward pass.
        backward: Of its backward pass; None where it has none, or the cost takes care of it.
    """

    path: str
    name: str
    forward: float
    backward: float | None


@dataclass(frozen=True)
class Timing:
    """The time and memory of a training step; all times in microseconds, of a step.

    Attributes:
        layers: By layer, those of the first shard.
        step: All of it but the data; with shards also waiting for one another.
        cost: The cost and its gradient, with that of the last activation where the two are fused.
        optimizer: The update.
        data: Gathering and transforming a batch, the mean.
        limit: The step's bare matrix products on one core.
        shards: Threads that share a step.
        steps_an_epoch: As the spec has it.
        bytes_parameters: Of parameters, gradient and the optimizer's slots.
        bytes_buffers: Of the layers' working memory.
    """

    layers: tuple[LayerTime, ...]
    step: float
    cost: float
    optimizer: float
    data: float
    limit: float
    shards: int
    steps_an_epoch: int
    bytes_parameters: int
    bytes_buffers: int

    @property
    def share(self) -> float:
        """What part of a step on all its cores is matrix products."""
        return self.limit / (self.shards * (self.step + self.data))

    @property
    def epoch_seconds(self) -> float:
        """Predicted seconds of an epoch's training, without evaluation."""
        return (self.step + self.data) * self.steps_an_epoch / 1e6


class Clock:
    """Collects durations by what they are of."""

    def __init__(self) -> None:
        self._seconds: defaultdict[Any, list[float]] = defaultdict(list)

    def time(self, key: Any, call: Callable[..., Any], *args: Any) -> Any:
        """Calls, notes how long that took, and answers what came of it."""
        started = perf_counter()
        result = call(*args)
        self._seconds[key].append(perf_counter() - started)
        return result

    def ran(self, key: Any) -> bool:
        """Whether there are durations of this."""
        return key in self._seconds

    def median(self, key: Any) -> float:
        """Microseconds, the median."""
        return median(self._seconds[key]) * 1e6

    def undisturbed(self, key: Any) -> float:
        """Microseconds, the mean of what is dear now and then, without the longest, which other programs cause."""
        durations = sorted(self._seconds[key])
        return fmean(durations[: max(1, int(len(durations) * UNDISTURBED))]) * 1e6


def measure(experiment: Experiment, seconds: float) -> Timing:
    """Trains for some seconds, and measures. The experiment is used up.

    Args:
        experiment: What is trained.
        seconds: For how long, at least a few steps.
    """
    network, train = experiment.network, experiment.spec.document.train
    stored = len(experiment.dataset.train)
    batch = min(train.batch_size, stored)
    steps = _Steps(experiment)
    products = bare_products(network.nodes, batch, network.dtype)
    whole, parts = Clock(), Clock()
    with one_blas_thread(), np.errstate(all="ignore"):
        steps.take(Clock(), 0)  # makes buffers and fills caches
        steps.take(whole, seconds / 2, lambda _: whole.time("limit", products))
        lane = network.lanes[0]
        lane.surround(lambda index, way, call: partial(parts.time, (index, way), call))
        own = lane.contexts[-1].y.shape[-1]
        steps.take(parts, seconds / 2, lambda t: parts.time("cost", lane.judge, t[..., :own]))
    vectors = [network.weights, network.gradient, *experiment.updates.slots.values()]
    contexts = [ctx for lane in network.lanes for ctx in (*lane.contexts, lane.cost_context)]
    optimizer = whole.median("update")
    return Timing(
        layers=tuple(_layer(index, node, parts) for index, node in enumerate(network.nodes)),
        step=whole.median("passes") + optimizer,
        cost=parts.median("cost"),
        optimizer=optimizer,
        data=whole.undisturbed("data"),
        limit=whole.median("limit"),
        shards=network.shards,
        steps_an_epoch=ceil(min(train.samples_per_epoch or stored, stored) / batch),
        bytes_parameters=sum(vector.nbytes for vector in vectors),
        bytes_buffers=sum(ctx.nbytes for ctx in contexts),
    )


class _Steps:
    """Training steps, as the trainer takes them."""

    def __init__(self, experiment: Experiment) -> None:
        self._trainer = experiment.trainer()
        self._batches = chain.from_iterable(iter(self._trainer.batches, None))

    def take(self, clock: Clock, seconds: float, after: Callable[[Array], None] = lambda _: None) -> None:
        """Takes steps for so long under a clock; after each something else is done with its targets."""
        network, updates = self._trainer.network, self._trainer.updates
        end, taken = perf_counter() + seconds, 0
        while taken < LEAST or perf_counter() < end:
            x, t = clock.time("data", next, self._batches)
            clock.time("passes", network.step, x, t, updates.scale())
            clock.time("update", updates.apply, x.shape[-1])
            after(t)
            taken += 1


def _layer(index: int, node: Node, clock: Clock) -> LayerTime:
    backward = (index, "backward")
    return LayerTime(
        node.path,
        node.name,
        clock.median((index, "forward")),
        clock.median(backward) if clock.ran(backward) else None,
    )
