"""A sweep of learning rates: on a bowl whose limit is known, smoothed by a plain loop, the same each time."""

import numpy as np
import pytest

from nnspec.insight.rate_sweep import RULE, Point, Rising, Sweep, sweep
from nnspec.runs.experiment import prepare
from nnspec.spec.specification import parse

BOWL = """\
nnspec: 1
name: bowl
dataset: {moons: {samples: 60}}
input: 2
layers: [{dense: {units: 2, bias: false}}, softmax]
cost: cross_entropy
optimizer: {sgd: 0.3}
train: {batch_size: 20, TRAIN}
schedule: cosine
precision: float64
"""


def found(low: float = 1e-4, high: float = 1e4, steps: int = 120, train: str = "epochs: 2") -> Sweep:
    return sweep(prepare(parse(BOWL.replace("TRAIN", train))).trainer(), low, high, steps)


def test_rates_rise_by_the_same_ratio_from_the_first_to_the_last() -> None:
    """Whatever schedule and learning rate the spec has, and however many epochs it takes."""
    rates = [point.rate for point in found(1e-4, 1e-1, 40).points]
    np.testing.assert_allclose(rates, np.geomspace(1e-4, 1e-1, 40), rtol=1e-12)
    assert Rising(low=2.0, high=8.0, count=3).factor(2, 1) == pytest.approx(4.0)


def test_costs_are_those_of_the_same_training_written_out() -> None:
    sweep_of_it = found(1e-3, 1.0, 9)
    experiment = prepare(parse(BOWL.replace("TRAIN", "epochs: 9")))
    trainer, W = experiment.trainer(), experiment.network.parameters(0).W.copy()
    batches = [(x.copy(), t.copy()) for x, t in trainer.batches()]
    for point, (x, t) in zip(sweep_of_it.points[:3], batches, strict=True):
        z = W @ x
        y = np.exp(z) / np.exp(z).sum(axis=0)
        assert point.cost == pytest.approx(float(-(t * np.log(y)).sum() / x.shape[-1]), rel=1e-9)
        W -= point.rate * (y - t) @ x.T / x.shape[-1]


def test_the_smoothed_cost_is_adams_corrected_mean() -> None:
    points = found().points
    mean = 0.0
    for number, point in enumerate(points, 1):
        mean = 0.9 * mean + 0.1 * point.cost
        assert point.smoothed == pytest.approx(mean / (1 - 0.9**number), rel=1e-9)


def test_accumulated_batches_are_one_step_of_the_sweep() -> None:
    """Three batches an epoch by twos: a step of two, and one of the one that is left."""
    whole, parts = found(1e-3, 1e-2, 8), found(1e-3, 1e-2, 8, "epochs: 2, accumulate: 2")
    assert len(whole.points) == len(parts.points) == 8
    np.testing.assert_allclose([one.rate for one in parts.points], [one.rate for one in whole.points])
    first, second = whole.points[0].cost, whole.points[1].cost
    assert parts.points[0].cost == pytest.approx((first + second) / 2, rel=1e-3)


def test_it_ends_where_the_cost_has_left_all_bounds() -> None:
    it = found(steps=200)
    assert it.diverged
    assert len(it.points) < 200
    lowest = it.lowest.smoothed
    assert it.points[-1].smoothed > 4 * lowest
    assert all(point.smoothed <= 4 * lowest for point in it.points[it.points.index(it.lowest) : -1])


def test_the_same_sweep_gives_the_same_numbers() -> None:
    assert found() == found()


def course(*smoothed: float, first: int = -4) -> Sweep:
    return Sweep(
        tuple(Point(10.0**place, cost, cost) for place, cost in enumerate(smoothed, first)), diverged=False
    )


def test_suggestion_and_onset_follow_their_rules() -> None:
    """Ten steps at 2, then a fall to 1; a tenth of it is over between 10⁻³ and 10⁻²."""
    it = course(*[2.0] * 10, 1.95, 1.5, 1.0, 3.0, first=-13)
    assert it.start == pytest.approx(2.0)
    assert it.lowest.rate == pytest.approx(0.1)
    assert it.onset.rate == pytest.approx(1e-3)
    assert it.suggestion == 0.01
    assert RULE == "a tenth of the rate at which the smoothed cost is lowest"


def test_where_the_cost_never_falls_nothing_is_suggested() -> None:
    assert course(2.0, 2.0, 1.9, 2.1).suggestion is None
    assert course(2.0, 2.5, 3.0).suggestion is None
    assert course(2.0, 2.5, 3.0).onset.rate == pytest.approx(1e-4)
