"""lbfgs: the two-loop recursion against the matrix it stands for, and the minima it must reach."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from nnspec.api import Silent
from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.errors import SpecError
from nnspec.registry import default_resolver
from nnspec.runs.experiment import prepare
from nnspec.spec.specification import parse
from nnspec.types import Array

part = default_resolver().part
Slope = Callable[[Array], Array]


def path(slope: Slope, start: Array, steps: int, dtype: Any = np.float64, **options: Any) -> list[Array]:
    """The points that so many steps pass through."""
    optimizer = part(Optimizer, {"lbfgs": options}, {})
    weights = start.astype(dtype)
    slots = {name: np.zeros_like(weights) for name in optimizer.slot_names()}
    scratch, points = np.empty_like(weights), [start.astype(dtype)]
    for step in range(1, steps + 1):
        piece = Piece(weights, slope(weights).astype(dtype), slots, scratch)
        optimizer.update(piece, optimizer.learning_rate, step)
        points.append(weights.copy())
    return points


def quadratic(size: int, condition: float) -> tuple[Array, Array, Slope]:
    """A convex quadratic: its matrix, its minimum, its slope."""
    random = np.random.default_rng(size)
    basis, _ = np.linalg.qr(random.normal(size=(size, size)))
    matrix: Array = basis @ np.diag(np.geomspace(1 / condition, 1, size)) @ basis.T
    minimum = random.normal(size=size)
    return matrix, minimum, lambda w: matrix @ (w - minimum)


def rosenbrock(w: Array) -> Array:
    """The slope of Σ 100 (w₂ - w₁²)² + (1 - w₁)² over pairs; its minimum is at 1."""
    slope, first, second = np.empty_like(w), w[::2], w[1::2]
    slope[::2] = -400 * first * (second - first**2) - 2 * (1 - first)
    slope[1::2] = 200 * (second - first**2)
    return slope


def by_matrix(points: list[Array], slope: Slope, history: int) -> Array:
    """The next point by the BFGS matrix itself, built from its textbook update, where all pairs count."""
    pairs = [(b - a, slope(b) - slope(a)) for a, b in pairwise(points)][-history:]
    moved, changed = pairs[-1]
    inverse = np.eye(len(moved)) * (moved @ changed) / (changed @ changed)
    for moved, changed in pairs:
        shift = np.eye(len(moved)) - np.outer(changed, moved) / (changed @ moved)
        inverse = shift.T @ inverse @ shift + np.outer(moved, moved) / (changed @ moved)
    return np.asarray(points[-1] - inverse @ slope(points[-1]))


@pytest.mark.parametrize("history", [1, 3, 20])
def test_steps_are_those_of_the_matrix_that_the_recursion_stands_for(history: int) -> None:
    """J. Nocedal and S. Wright, 2006, equation 7.16; no step of this path is taken back."""
    _, minimum, slope = quadratic(6, 4.0)
    points = path(slope, minimum + 0.1, 7, history=history)
    first = slope(points[0])
    np.testing.assert_allclose(points[1], points[0] - first * min(1, 1 / np.abs(first).sum()), rtol=1e-12)
    for step in range(2, 7):
        expected = by_matrix(points[:step], slope, history)
        np.testing.assert_allclose(points[step], expected, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize(("size", "condition", "steps"), [(2, 10, 15), (10, 100, 60), (30, 1e3, 400)])
def test_a_quadratic_is_minimized(size: int, condition: float, steps: int) -> None:
    _, minimum, slope = quadratic(size, condition)
    np.testing.assert_allclose(path(slope, np.zeros(size), steps)[-1], minimum, atol=1e-6)


@pytest.mark.parametrize("start", [[-1.2, 1.0], [3.0, -4.0], [-1.2, 1.0, 0.5, -2.0]])
def test_rosenbrocks_valley_is_followed_to_its_end(start: list[float]) -> None:
    """Plain descent is still far away after thousands of steps."""
    points = path(rosenbrock, np.array(start), 200)
    np.testing.assert_allclose(points[-1], 1, atol=1e-6)


def test_at_the_minimum_it_stays() -> None:
    points = path(rosenbrock, np.ones(4), 5)
    np.testing.assert_array_equal(points[-1], 1)


def test_float32_comes_to_rest_near_the_minimum_and_stays_finite() -> None:
    points = path(rosenbrock, np.array([-1.2, 1.0]), 2000, np.float32)
    assert points[-1].dtype == np.float32
    np.testing.assert_allclose(points[-1], 1, atol=2e-2)


def test_a_step_that_was_too_long_is_shortened_to_where_the_slope_would_be_0() -> None:
    """The first step is 1 long, whatever the slope."""
    points = path(lambda w: 1000 * (w - 0.7), np.array([1.0]), 3)
    assert points[1][0] == pytest.approx(0.0)
    # Slopes 300 and -700 along a step of -1: 0 lies at 0.3 of it.
    assert points[2][0] == pytest.approx(0.7)
    assert points[3][0] == pytest.approx(0.7)


def test_where_the_slope_grows_ahead_there_is_no_curvature_to_learn() -> None:
    """On -w²/2 no pair counts, and each step is as the first."""
    points = path(lambda w: -w, np.array([0.5]), 4)
    assert [point[0] for point in points[:3]] == pytest.approx([0.5, 1.0, 2.0])
    assert points[4][0] - points[3][0] == pytest.approx(1.0)


def kinked(w: Array) -> Array:
    """The slope of |w₁ - 1000.3| + (w₂ - 5)² / 2."""
    return np.array([np.sign(w[0] - np.float32(1000.3)), w[1] - 5])


def test_what_is_lost_in_rounding_at_a_kink_ends_a_search_that_would_never_end() -> None:
    """Halving goes on for 150 steps, down to the smallest number of float32; the weights stand still in most."""
    points = path(kinked, np.array([1001.0, 0.0]), 300, np.float32)
    still = [bool((before == after).all()) for before, after in pairwise(points)]
    runs = "".join("s" if each else " " for each in still).split()
    longest = max(map(len, runs), default=0)
    assert longest < 30
    np.testing.assert_allclose(points[-1], [1000.3, 5], atol=0.5)


def test_slopes_that_vanish_below_the_smallest_number_teach_nothing() -> None:
    """On exp(-w) steps are about 1 long; in float32 y·y is 0 where |y| is 1e-23: nothing may be divided by it."""
    points = path(lambda w: -np.exp(-w), np.array([0.0]), 120, np.float32)
    assert np.isfinite(points).all()
    assert points[-1][0] > 40


SPEC = """\
nnspec: 1
name: moons
dataset: {moons: {samples: 100, test: 0.2}}
input: 2
layers: [{dense: 6}, tanh, {dense: 2}, softmax]
cost: cross_entropy
regularizer: {l2: 1e-3}
optimizer: lbfgs
precision: float64
train: {epochs: 40, TRAIN}
"""


def trained(train: str, optimizer: str = "lbfgs") -> tuple[float, Array]:
    experiment = prepare(parse(SPEC.replace("TRAIN", train).replace("lbfgs", optimizer)))
    *_, last = experiment.trainer().epochs(40, Silent())
    return last.cost + last.penalty, experiment.network.weights


def test_a_network_is_trained_in_few_steps() -> None:
    cost, _ = trained("batch_size: 80")
    plain, _ = trained("batch_size: 80", "{sgd: 1.0}")
    assert cost < 0.6 * plain


def test_batches_that_make_up_all_samples_do_as_well() -> None:
    whole, parts = trained("batch_size: 80"), trained("batch_size: 30, accumulate: 3")
    assert parts[0] == pytest.approx(whole[0], rel=1e-3)


def test_what_is_frozen_stays_and_the_rest_is_trained() -> None:
    start = prepare(parse(SPEC.replace("TRAIN", "batch_size: 80"))).network
    before = dict(start.layout.named(start.weights))
    _, weights = trained('batch_size: 80, freeze: ["layers.0.*"]')
    for name, view in start.layout.named(weights):
        assert (view.tobytes() == before[name].tobytes()) == name.startswith("layers.0."), name


@pytest.mark.parametrize(
    ("train", "said"),
    [
        (
            "batch_size: 30",
            r":10:33: train\.batch_size: `lbfgs` needs all 80 samples in each step, but a step has 30",
        ),
        ("batch_size: 30, accumulate: 2", "but a step has 60"),
        ("batch_size: 80, samples_per_epoch: 79", r"train\.samples_per_epoch: .*but an epoch has 79"),
        ('batch_size: 80, rates: {"layers.0.*": 0.1}', r"train\.rates: .*cannot have rates of their own"),
    ],
)
def test_what_it_cannot_work_with_is_said_before_training(train: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        prepare(parse(SPEC.replace("TRAIN", train)))


def test_the_way_out_is_one_that_works() -> None:
    with pytest.raises(SpecError, match="write `batch_size: 80`; or, with less memory, `accumulate: 3`"):
        prepare(parse(SPEC.replace("TRAIN", "batch_size: 30")))
