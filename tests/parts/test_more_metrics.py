"""Metrics against counts made by hand and against plain loops."""

from itertools import product
from math import sqrt

import numpy as np
import pytest

from nnspec.contracts.metric import Metric
from nnspec.errors import DataError
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part

# Six samples of four classes; the answers are 0, 1, 2, 0, 1, 1, the truth is 0, 1, 1, 2, 1, 2; class 3 is nowhere.
ANSWERS, TRUTH = np.eye(4)[[0, 1, 2, 0, 1, 1]].T, np.eye(4)[[0, 1, 1, 2, 1, 2]].T
# Of class 0: 1 of 2 answers, 1 of 1 samples; of 1: 2 of 3 and 2 of 3; of 2: 0 of 1 and 0 of 2.
SINGLE, SINGLE_TRUTH = np.array([[0.9, 0.2, 0.4, 0.6, 0.7]]), np.array([[1.0, 0.0, 1.0, 0.0, 1.0]])


def result(entry: object, y: Array, t: Array) -> float:
    metric = part(Metric, entry, {})
    value = metric.result(metric.measure(y, t))
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("precision", (1 / 2 + 2 / 3 + 0) / 3),
        ("recall", (1 + 2 / 3 + 0) / 3),
        # 2 · 1 / 3, 2 · 2 / 6 and 0.
        ("f1", (2 / 3 + 2 / 3 + 0) / 3),
        ({"precision": "micro"}, 3 / 6),
        ({"recall": "micro"}, 3 / 6),
        ({"f1": "micro"}, 3 / 6),
    ],
)
def test_rates_by_class_and_over_all(entry: object, expected: float) -> None:
    assert result(entry, ANSWERS, TRUTH) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        # Class 1: answered 3 times, 2 of them right, 3 samples; class 0: answered twice, once right, 2 samples.
        ("precision", (2 / 3 + 1 / 2) / 2),
        ("recall", (2 / 3 + 1 / 2) / 2),
        ("f1", (2 / 3 + 1 / 2) / 2),
        ("accuracy", 3 / 5),
        # Pairs of a 1 (0.9, 0.4, 0.7) and a 0 (0.2, 0.6): all but 0.4 and 0.6 in order.
        ("auc", 5 / 6),
    ],
)
def test_a_single_output_tells_two_classes_apart(entry: object, expected: float) -> None:
    assert result(entry, SINGLE, SINGLE_TRUTH) == pytest.approx(expected, rel=1e-14)


def test_f1_is_the_harmonic_mean_of_the_other_two() -> None:
    random = np.random.default_rng(0)
    answers, truth = random.integers(2, size=200), random.integers(2, size=200)
    y, t = np.eye(2)[answers].T, np.eye(2)[truth].T
    figures = []
    for label in (0, 1):
        right = np.sum((answers == label) & (truth == label))
        p, r = right / np.sum(answers == label), right / np.sum(truth == label)
        figures.append(2 * p * r / (p + r))
    assert result("f1", y, t) == pytest.approx(np.mean(figures), rel=1e-13)


def ordered_pairs(scores: Array, hits: Array) -> float:
    """The share of pairs of a hit and a miss in which the hit has the higher score; ties are half."""
    pairs = [(1.0 if a > b else 0.5 if a == b else 0.0) for a, b in product(scores[hits], scores[~hits])]
    return float(np.mean(pairs))


@pytest.mark.parametrize("sharpness", [0.3, 1.0, 4.0, 12.0])
def test_auc_is_the_share_of_ordered_pairs(sharpness: float) -> None:
    """Also where scores crowd at 0 and 1, in float32 as networks yield them."""
    random = np.random.default_rng(1)
    truth = random.integers(2, size=600)
    scores = (1 / (1 + np.exp(-sharpness * (random.normal(size=600) + truth - 0.5)))).astype(np.float32)
    found = result("auc", scores[np.newaxis], truth[np.newaxis].astype(np.float32))
    assert found == pytest.approx(ordered_pairs(scores, truth == 1), abs=3e-4)


def test_auc_of_many_classes_is_the_mean_of_each_against_the_rest() -> None:
    random = np.random.default_rng(2)
    y, truth = random.dirichlet(np.ones(4), 300).T, random.integers(3, size=300)
    t = np.eye(4)[truth].T
    expected = np.mean([ordered_pairs(y[label], truth == label) for label in range(3)])
    # Class 3 never comes: it has no pairs.
    assert result("auc", y, t) == pytest.approx(expected, abs=1e-3)
    both = np.stack([1 - y[1], y[1]])
    labels = np.eye(2)[(truth == 1).astype(int)].T
    assert result("auc", both, labels) == pytest.approx(ordered_pairs(y[1], truth == 1), abs=1e-3)


def test_auc_is_off_by_no_more_than_half_the_pairs_that_share_a_bin() -> None:
    """Two scores in one bin are half right, as a tie is; so are equal scores."""
    scores = np.array([[0.5, 0.5 + 1e-9, 0.5, 0.25]])
    truth = np.array([[1.0, 0.0, 0.0, 0.0]])
    assert result("auc", scores, truth) == pytest.approx((0.5 + 0.5 + 1) / 3, rel=1e-14)
    assert abs(result("auc", scores, truth) - ordered_pairs(scores[0], truth[0] == 1)) <= 2 / 3 / 2


def test_auc_keeps_apart_what_float32_keeps_apart_near_0_and_1() -> None:
    scores = np.array([[1e-30, 2e-30, 1 - 2**-23, 1 - 2**-22]], np.float32)
    assert result("auc", scores, np.array([[0.0, 1.0, 1.0, 0.0]])) == pytest.approx(3 / 4)


def test_auc_without_an_order_to_be_right_about_is_a_half() -> None:
    assert result("auc", SINGLE, np.ones_like(SINGLE)) == 0.5
    assert result("auc", np.full((1, 4), 0.3), np.array([[0.0, 1.0, 0.0, 1.0]])) == 0.5


def test_auc_asks_for_probabilities() -> None:
    with pytest.raises(DataError, match="end the stack in `softmax` or `sigmoid`"):
        result("auc", np.array([[1.5, 0.2]]), np.array([[1.0, 0.0]]))


Y, T = np.array([[1.0, 2.0, 6.0], [0.0, 1.0, 2.0]]), np.array([[1.0, 4.0, 4.0], [3.0, 3.0, 3.0]])


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        # Distances 0, 2, 2 and 3, 2, 1.
        ("mae", 10 / 6),
        ("rmse", sqrt(22 / 6)),
        # 8 missed of 6 for the first output; the second's targets never vary, and it is not right.
        ("r2", ((1 - 8 / 6) + 0) / 2),
    ],
)
def test_distances_by_hand(entry: object, expected: float) -> None:
    assert result(entry, Y, T) == pytest.approx(expected, rel=1e-14)


def test_explained_variance_has_fixed_points() -> None:
    random = np.random.default_rng(3)
    t = random.normal(5, 2, (3, 50))
    assert result("r2", t.copy(), t) == 1.0
    assert result("r2", np.repeat(t.mean(axis=1, keepdims=True), 50, axis=1), t) == pytest.approx(0, abs=1e-12)
    assert result("r2", np.full((1, 9), 0.1), np.full((1, 9), 0.1)) == 1.0


def test_explained_variance_agrees_with_numpy() -> None:
    random = np.random.default_rng(4)
    t = random.normal(100, 2, (2, 80)).astype(np.float32)
    y = (t + random.normal(size=(2, 80))).astype(np.float32)
    missed, spread = ((y - t).astype(float) ** 2).mean(axis=1), t.astype(float).var(axis=1)
    assert result("r2", y, t) == pytest.approx(np.mean(1 - missed / spread), rel=1e-6)


def test_calibration_by_hand() -> None:
    # Certain by 0.9, 0.8, 0.6, 0.6, 0.7, of them right: yes, yes, no, no, yes.
    assert result({"calibration": 1}, SINGLE, SINGLE_TRUTH) == pytest.approx(abs(3.6 - 3) / 5, rel=1e-12)
    # Bins up to 0.75 and 1: |1.9 - 1| and |1.7 - 2|.
    assert result({"calibration": 4}, SINGLE, SINGLE_TRUTH) == pytest.approx((0.9 + 0.3) / 5, rel=1e-12)


def test_answers_as_certain_as_they_are_right_are_calibrated() -> None:
    """Ten answers of three classes, each certain by 0.7, seven of them right."""
    y = np.repeat([[0.7], [0.2], [0.1]], 10, axis=1)
    t = np.eye(3)[[0] * 7 + [1] * 3].T
    assert result("calibration", y, t) == pytest.approx(0, abs=1e-15)


def test_a_certainty_on_a_border_belongs_to_the_lower_bin() -> None:
    metric = part(Metric, {"calibration": 4}, {})
    total = metric.measure(np.array([[0.5, 0.75, 1.0, 0.76]]), np.ones((1, 4)))
    assert total[0].tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("name", "better"),
    [("mae", "lower"), ("rmse", "lower"), ("calibration", "lower"), ("r2", "higher"), ("auc", "higher")],
)
def test_which_way_is_good_is_said(name: str, better: str) -> None:
    assert part(Metric, name, {}).better == better
