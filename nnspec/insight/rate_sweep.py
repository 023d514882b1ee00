"""A sweep of learning rates: short training at a rate that rises step by step, and what its cost says.

L. Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3; with an exponential rise, since
rates are compared by their ratios.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from statistics import fmean

import numpy as np

from nnspec.contracts.schedule import Schedule
from nnspec.engine.trainer import Position, Trainer

STAYS = 0.9
"""The part of the smoothed cost that a step leaves: about ten steps count."""
BEYOND = 4.0
"""The sweep is over when the smoothed cost is so many times its lowest."""
SHARE = 0.1
"""The suggestion is this share of the rate at which the cost is lowest: there the network is about to diverge."""
ONSET = 0.1
"""The part of the whole fall that is over where it begins: less could be chance."""
FALL = 0.9
"""A cost that has not fallen below this share of what it was at first suggests nothing: it may be chance."""
FIRST = 10
"""So many steps tell what it was at first; in short sweeps a tenth of all."""
RULE = "a tenth of the rate at which the smoothed cost is lowest"


class Rising(Schedule):
    """A factor that rises exponentially from step to step.

    Attributes:
        low: In the first step.
        high: In the last.
        count: Steps, at least 2.
    """

    low: float
    high: float
    count: int

    def factor(self, step: int, steps: int) -> float:
        """The factor of a step; however long the training is."""
        return self.low * float((self.high / self.low) ** ((step - 1) / (self.count - 1)))


@dataclass(frozen=True)
class Point:
    """One step of the sweep.

    Attributes:
        rate: Its learning rate.
        cost: The cost of its batches, before it was taken.
        smoothed: The mean of the costs so far, those long ago counting little.
    """

    rate: float
    cost: float
    smoothed: float


@dataclass(frozen=True)
class Sweep:
    """What a sweep has found.

    Attributes:
        points: The steps, up to where the cost left all bounds.
        diverged: Whether it did.
    """

    points: tuple[Point, ...]
    diverged: bool

    @property
    def start(self) -> float:
        """The cost at first, when rates are too low to change it."""
        count = max(1, min(FIRST, len(self.points) // 10))
        return fmean(point.cost for point in self.points[:count])

    @property
    def lowest(self) -> Point:
        """Where the smoothed cost is lowest."""
        return min(self.points, key=lambda point: point.smoothed)

    @property
    def onset(self) -> Point:
        """Where the fall to the lowest begins: the last point before it that has at most a tenth of it behind."""
        lowest = self.lowest
        bound = self.start - ONSET * (self.start - lowest.smoothed)
        before = self.points[: self.points.index(lowest)]
        return next((point for point in reversed(before) if point.smoothed >= bound), self.points[0])

    @property
    def suggestion(self) -> float | None:
        """A learning rate, by `RULE`; None where the cost never fell."""
        if self.lowest.smoothed > FALL * self.start:
            return None
        return float(f"{SHARE * self.lowest.rate:.2g}")


def sweep(trainer: Trainer, low: float, high: float, steps: int) -> Sweep:
    """Trains for so many steps while the rate rises from low to high, or until the cost has left all bounds.

    Args:
        trainer: A training that has not begun; its network and updates are used up, its schedule gives way.
        low: The first learning rate.
        high: The last.
        steps: Steps of the optimizer.
    """
    updates = trainer.updates
    usual = updates.optimizer.learning_rate
    updates.schedule = Rising(low=low / usual, high=high / usual, count=steps)
    points: list[Point] = []
    mean = lowest = float("inf")
    for number, cost in enumerate(islice(_costs(trainer), steps), 1):
        if not isfinite(cost):
            return Sweep(tuple(points), diverged=True)
        # Adam's correction: the first costs count in full.
        mean = cost if number == 1 else mean + (cost - mean) * (1 - STAYS) / (1 - STAYS**number)
        points.append(Point(updates.rate(number), cost, mean))
        lowest = min(lowest, mean)
        if mean > BEYOND * lowest:
            return Sweep(tuple(points), diverged=True)
    return Sweep(tuple(points), diverged=False)


def _costs(trainer: Trainer) -> Iterator[float]:
    """The mean cost of the batches of each step, epoch after epoch."""
    updates = trainer.updates
    total, samples = 0.0, 0
    # Overflow is what a sweep ends in.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        while True:
            for x, t in trainer.batches():
                before = updates.step
                total += trainer.network.step(x, t, updates.scale()) * x.shape[-1]
                samples += x.shape[-1]
                updates.apply(x.shape[-1])
                if updates.step > before:
                    yield total / samples
                    total, samples = 0.0, 0
            updates.end_epoch()
            if samples:
                yield total / samples
                total, samples = 0.0, 0
            trainer.position = Position(trainer.position.epoch + 1)
