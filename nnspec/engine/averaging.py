"""Averages of the weights that training passes through; they often judge better than the last ones alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nnspec.engine.aligned import zeros_like
from nnspec.engine.network import Network
from nnspec.engine.stretches import Stretch
from nnspec.types import Array


@dataclass(frozen=True)
class Ema:
    """An exponential moving average, taken after each step: ``a <- a + (1 - β) (w - a)``, from the first step's w.

    β grows to its value with the steps t as (1 + t) / (10 + t), so that the first weights, which know nothing yet,
    are soon forgotten (as TensorFlow's ExponentialMovingAverage has it).

    Attributes:
        stays: β, the part of the average that a step leaves.
    """

    stays: float

    def due(self, *, step: int, steps: int, epoch_ends: bool) -> bool:
        """Whether the weights are to be taken in now: behind a step, or at an epoch's end."""
        return not epoch_ends

    def share(self, count: int) -> float:
        """The part of the weights in the average when they are taken in as number `count`, counted from 1."""
        return 1 - min(self.stays, (1 + count) / (10 + count))


@dataclass(frozen=True)
class Swa:
    """The plain mean of the weights at ends of epochs: stochastic weight averaging.

    P. Izmailov and others, Averaging Weights Leads to Wider Optima and Better Generalization, 2018.

    Attributes:
        start: The share of the training's steps that must be over before an epoch's end counts.
    """

    start: float

    def due(self, *, step: int, steps: int, epoch_ends: bool) -> bool:
        """Whether the weights are to be taken in now: behind a step, or at an epoch's end."""
        # Rounded, since shares such as 0.7 are not exact.
        return epoch_ends and step >= round(self.start * steps, 6)

    def share(self, count: int) -> float:
        """The part of the weights in the mean when they are taken in as number `count`, counted from 1."""
        return 1 / count


class Averaging:
    """Averages of a network's weights and of its layers' state, such as running statistics.

    While training goes on the network holds the raw weights and `others` the average; `shown` exchanges them.

    Attributes:
        rule: How much of the new weights goes into the average.
        others: Of weights and averages, those that the network does not hold; as long as the parameters, and 0 for
            frozen ones, which are their own average.
        states: The same for each array of the layers' state, by its full name.
        count: How often weights were taken in.
    """

    def __init__(self, network: Network, rule: Ema | Swa, live: Sequence[Stretch], scratch: Array) -> None:
        self.rule = rule
        self.others = zeros_like(network.weights)
        self.states = {name: np.zeros_like(array) for name, array in network.states.named()}
        self.count = 0
        self._shown = False
        self._pieces = [
            (network.weights[piece], self.others[piece], scratch[: piece.stop - piece.start])
            for stretch in live
            for piece in stretch.pieces()
        ]
        self._pieces += [
            (array, self.states[name], np.empty_like(array)) for name, array in network.states.named()
        ]

    def take_in(self) -> None:
        """Takes the network's weights and state into the average; the first ones are the average."""
        self.count += 1
        share = self.rule.share(self.count) if self.count > 1 else 1.0
        for held, other, scratch in self._pieces:
            if share == 1:
                np.copyto(other, held)
                continue
            np.subtract(held, other, out=scratch)
            np.multiply(scratch, share, out=scratch)
            np.add(other, scratch, out=other)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Within, the network holds the averages, as soon as there are any."""
        before = self._shown
        self.show(averages=True)
        try:
            yield
        finally:
            self.show(averages=before)

    def show(self, *, averages: bool) -> None:
        """Lets the network hold the averages, or the raw weights."""
        if self.count == 0 or averages == self._shown:
            return
        for held, other, scratch in self._pieces:
            np.copyto(scratch, held)
            np.copyto(held, other)
            np.copyto(other, scratch)
        self._shown = averages

    def restore(self, count: int) -> None:
        """Goes on where a checkpoint was taken: within `shown`, and its arrays are back in their places."""
        self.count = count
        self._shown = count > 0
        self.show(averages=False)
