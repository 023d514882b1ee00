"""Training: epochs of steps, each a forward pass, a backward pass and an update."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from time import perf_counter
from typing import Any, Protocol, cast

import numpy as np

from nnspec.contracts.metric import Metric
from nnspec.engine.batches import Batches
from nnspec.engine.evaluation import Evaluation, evaluate
from nnspec.engine.lane import visits
from nnspec.engine.network import Network
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import DivergenceError
from nnspec.types import Array

# The observer hears of every so many steps: a call for each would cost more than small networks' arithmetic.
STEPS_BETWEEN_CALLS = 50


@dataclass
class Position:
    """How far training has come; with the generators' states, all that it takes to go on.

    Attributes:
        epoch: Epochs done.
        step: Steps done in the epoch under way.
        cost: Sum of the costs of the samples met in it.
        shuffling: The state of the generator from which its order was drawn, before that was drawn.
    """

    epoch: int = 0
    step: int = 0
    cost: float = 0.0
    shuffling: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Pause:
    """Training stands still between two steps of an epoch, because somebody asked for it.

    Attributes:
        epoch: The epoch under way, counted from 1.
        step: Steps done in it.
    """

    epoch: int
    step: int


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


def never(_position: Position) -> bool:
    """No pauses."""
    return False


class Trainer:
    """Trains a network on batches and evaluates it after each epoch.

    Attributes:
        network: What is trained.
        updates: How.
        position: How far it has come.
    """

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
        monitor: str = "train.cost",
    ) -> None:
        self.network = network
        self.updates = updates
        self.position = Position()
        self._training = training
        self._held_out = dict(held_out)
        self._metrics = dict(metrics)
        self._random = seeds.generator("shuffling")
        self._shuffle = shuffle
        self._monitor = monitor

    def epochs(self, count: int, observer: Observer) -> Iterator[Epoch]:
        """Trains until so many epochs are done and yields after each.

        Raises:
            DivergenceError: The cost is no longer a finite number.
        """
        return (moment for moment in self.moments(count, observer) if isinstance(moment, Epoch))

    def moments(
        self, count: int, observer: Observer, pause: Callable[[Position], bool] = never
    ) -> Iterator[Epoch | Pause]:
        """Trains until so many epochs are done, from wherever it stands; yields after each and at every pause.

        Whoever asks for no further moment leaves the training where it is.

        Args:
            count: Epochs in all.
            observer: Hears of progress.
            pause: Told after each step where training stands, and asked whether to pause there.

        Raises:
            DivergenceError: The cost is no longer a finite number.
        """
        while self.position.epoch < count:
            started, paused = perf_counter(), 0.0
            number = self.position.epoch + 1
            observer.epoch_started(number, len(self._training))
            self.updates.begin_epoch()
            batches = self.batches()
            while self._advance(batches, observer, pause):
                stopped = perf_counter()
                yield Pause(number, self.position.step)
                paused += perf_counter() - stopped
            self.updates.end_epoch()
            cost = self.cost_so_far
            observer.steps_done(len(self._training), cost)
            trained = perf_counter()
            evaluations, penalty = self.judge()
            self.position = Position(number)
            ended = perf_counter()
            yield Epoch(number, cost, penalty, evaluations, trained - started - paused, ended - started)
        self.updates.adopt()

    def batches(self) -> Iterator[tuple[Array, Array]]:
        """The batches of the epoch under way that are still to come, or else those of the next epoch."""
        number, done = self.position.epoch + 1, self.position.step
        if not self._shuffle:
            return self._training.in_order(number, done)
        if self.position.shuffling is not None:
            self._random.bit_generator.state = self.position.shuffling
        self.position.shuffling = self._random.bit_generator.state
        return self._training.shuffled(self._random, number, done)

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self._training)

    @property
    def cost_so_far(self) -> float:
        """Mean cost over the samples met in the epoch under way."""
        met = min(self.position.step * self._training.size, self._training.samples)
        return self.position.cost / met

    def state(self) -> dict[str, Any]:
        """Where training stands, in plain numbers, beside arrays and generators."""
        return {"position": asdict(self.position), "updates": self.updates.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes to where training stood when `state` was asked; arrays and generators are put back by others."""
        self.position = Position(**state["position"])
        self.updates.restore(state["updates"])

    def _advance(
        self, batches: Iterator[tuple[Array, Array]], observer: Observer, pause: Callable[[Position], bool]
    ) -> bool:
        """Takes steps until a pause is asked for, and then returns True, or until there are no more batches."""
        network, updates, position = self.network, self.updates, self.position
        # Overflow shows as a cost that is not finite, which is looked for in every step.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for x, t in batches:
                cost = network.step(x, t, updates.scale())
                if not isfinite(cost):
                    raise self._diverged(position.epoch + 1, position.step + 1)
                samples = x.shape[-1]
                updates.apply(samples)
                position.step = step = position.step + 1
                position.cost += cost * samples
                if step % STEPS_BETWEEN_CALLS == 0:
                    observer.steps_done(step, cost)
                if pause(position):
                    return True
        return False

    def judge(self) -> tuple[dict[str, Evaluation], float]:
        """Evaluations and penalty of the network as it stands, whose last step no other step has looked at.

        Raises:
            DivergenceError: They show that the step went out of bounds.
        """
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"), self.updates.averaged():
            evaluations = {
                name: evaluate(self.network, batches, self._metrics) for name, batches in self._held_out.items()
            }
            penalty = self.updates.penalty()
            figures = [penalty, *(evaluation.cost for evaluation in evaluations.values())]
            if not all(map(isfinite, figures)) or not np.isfinite(self.network.weights).all():
                raise self._diverged(self.position.epoch + 1, self.position.step)
        self.updates.evaluated(self._figure(evaluations))
        return evaluations, penalty

    def _figure(self, evaluations: Mapping[str, Evaluation]) -> float:
        """What is monitored, so turned that lower is better."""
        split, _, name = self._monitor.partition(".")
        if split not in evaluations:
            return self.cost_so_far
        value = cast(float, evaluations[split].values[name])
        return -value if name in self._metrics and self._metrics[name].better == "higher" else value

    def _diverged(self, epoch: int, step: int) -> DivergenceError:
        """Says which layer gave way: the first that is not finite, or the one that grew largest."""
        network = self.network
        if not all(np.isfinite(lane.contexts[0].x).all() for lane in network.lanes):
            # Samples that stay in files were not looked through before.
            return DivergenceError(
                f"training stopped in epoch {epoch}, step {step}: a sample of the batch holds a value that is no "
                "finite number, as it is stored or behind the transforms; leave such samples out or fill them in.",
                epoch,
                step,
                network.nodes[0].path,
            )
        lanes = [list(visits(network.nodes, lane.contexts)) for lane in network.lanes]
        # NumPy's maximum lets nan through, Python's may not.
        sizes = [float(np.max([np.abs(ctx.y).max() for _, ctx in row])) for row in zip(*lanes, strict=True)]
        broken = [index for index, size in enumerate(sizes) if not isfinite(size)]
        worst = broken[0] if broken else int(np.argmax(sizes))
        node, _ = lanes[0][worst]
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
