"""Training: epochs of steps, each a forward pass, a backward pass and an update."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from time import perf_counter
from typing import Protocol

import numpy as np

from nnspec.contracts.metric import Metric
from nnspec.engine.batches import Batches
from nnspec.engine.evaluation import Evaluation, evaluate
from nnspec.engine.network import Network
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import DivergenceError
from nnspec.types import Array

# The observer hears of every so many steps: a call for each would cost more than small networks' arithmetic.
STEPS_BETWEEN_CALLS = 50


@dataclass(frozen=True)
class Epoch:
    """What came of an epoch.

    Attributes:
        number: Counted from 1.
        cost: Mean cost over the epoch's training samples, each as it was met, without the penalty.
        penalty: What the regularizer added at the epoch's end.
        evaluations: Validation and test, where there are such splits.
        training_seconds: Seconds spent in steps.
        seconds: Seconds spent in all, evaluation included.
    """

    number: int
    cost: float
    penalty: float
    evaluations: Mapping[str, Evaluation]
    training_seconds: float
    seconds: float


class Observer(Protocol):
    """Who wants to hear how training goes on."""

    def epoch_started(self, number: int, steps: int) -> None:
        """An epoch of so many steps begins."""

    def steps_done(self, steps: int, cost: float) -> None:
        """So many steps of the epoch are done; the cost is that of the last one."""


class Trainer:
    """Trains a network on batches and evaluates it after each epoch."""

    def __init__(
        self,
        network: Network,
        updates: Updates,
        training: Batches,
        held_out: Mapping[str, Batches],
        metrics: Mapping[str, Metric],
        seeds: Seeds,
        *,
        shuffle: bool = True,
    ) -> None:
        self.network = network
        self.updates = updates
        self._training = training
        self._held_out = dict(held_out)
        self._metrics = dict(metrics)
        self._random = seeds.generator("shuffling")
        self._shuffle = shuffle

    def epochs(self, count: int, observer: Observer) -> Iterator[Epoch]:
        """Trains for so many epochs and yields after each.

        Raises:
            DivergenceError: The cost is no longer a finite number.
        """
        for number in range(1, count + 1):
            started = perf_counter()
            observer.epoch_started(number, len(self._training))
            cost = self._epoch(number, observer)
            trained = perf_counter()
            evaluations, penalty = self._judged(number)
            ended = perf_counter()
            yield Epoch(number, cost, penalty, evaluations, trained - started, ended - started)

    def batches(self) -> Iterator[tuple[Array, Array]]:
        """The batches of the next epoch."""
        return self._training.shuffled(self._random) if self._shuffle else self._training.in_order()

    def _epoch(self, number: int, observer: Observer) -> float:
        network, updates = self.network, self.updates
        batches = self.batches()
        total = 0.0
        # Overflow shows as a cost that is not finite, which is looked for in every step.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for step, (x, t) in enumerate(batches, 1):
                network.forward(x, training=True)
                cost = network.cost_value(t)
                if not isfinite(cost):
                    raise self._diverged(number, step)
                network.backward(t)
                updates.apply()
                total += cost * x.shape[-1]
                if step % STEPS_BETWEEN_CALLS == 0:
                    observer.steps_done(step, cost)
        observer.steps_done(len(self._training), total / self._training.samples)
        return total / self._training.samples

    def _judged(self, number: int) -> tuple[dict[str, Evaluation], float]:
        """Evaluations and penalty after an epoch, whose last step no other step has looked at."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            evaluations = {
                name: evaluate(self.network, batches, self._metrics) for name, batches in self._held_out.items()
            }
            penalty = self.updates.penalty()
            figures = [penalty, *(evaluation.cost for evaluation in evaluations.values())]
            if not all(map(isfinite, figures)) or not np.isfinite(self.network.weights).all():
                raise self._diverged(number, len(self._training))
        return evaluations, penalty

    def _diverged(self, epoch: int, step: int) -> DivergenceError:
        """Says which layer gave way: the first that is not finite, or the one that grew largest."""
        sizes = [float(np.abs(ctx.y).max()) for ctx in self.network.lane.contexts]
        broken = [index for index, size in enumerate(sizes) if not isfinite(size)]
        worst = broken[0] if broken else int(np.argmax(sizes))
        node = self.network.nodes[worst]
        grown = "is no longer a finite number" if broken else f"has grown to {sizes[worst]:.1e}"
        rate = self.updates.optimizer.learning_rate
        return DivergenceError(
            f"training diverged in epoch {epoch}, step {step}: the output of {node.path} ({node.name}) {grown}. "
            f"Most likely the learning rate ({rate:g}) is too high for this network and data: try {rate / 10:g}; "
            "or the inputs are too large: divide or standardize them under `transforms:`.",
            epoch,
            step,
            node.path,
        )
