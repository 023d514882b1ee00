"""Metrics against counts made by hand."""

import numpy as np
import pytest

from nnspec.contracts.metric import Metric
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part

# Five samples of three classes; the answers are 0, 1, 2, 0, 1, the truth is 0, 1, 1, 2, 1.
Y = np.array(
    [
        [0.7, 0.1, 0.2, 0.6, 0.3],
        [0.2, 0.8, 0.3, 0.3, 0.4],
        [0.1, 0.1, 0.5, 0.1, 0.3],
    ]
)
T = np.eye(3)[[0, 1, 1, 2, 1]].T
# One output for two classes; the answers are 1, 0, 0, 1 (a half is not above a half), the truth is 1, 0, 1, 0.
SINGLE, SINGLE_TRUTH = np.array([[0.9, 0.2, 0.5, 0.6]]), np.array([[1.0, 0.0, 1.0, 0.0]])


def result(entry: object, y: Array, t: Array) -> object:
    metric = part(Metric, entry, {})
    return metric.result(metric.measure(y, t))


@pytest.mark.parametrize(
    ("entry", "y", "t", "expected"),
    [
        ("accuracy", Y, T, 3 / 5),
        ("accuracy", SINGLE, SINGLE_TRUTH, 2 / 4),
        ({"top_k": 1}, Y, T, 3 / 5),
        # The third sample's class 1 is second; the fourth's class 2 is third.
        ({"top_k": 2}, Y, T, 4 / 5),
        ({"top_k": 3}, Y, T, 1.0),
        ("top_k", Y, T, 1.0),
        ({"top_k": 2}, SINGLE, SINGLE_TRUTH, 1.0),
    ],
)
def test_shares_of_right_answers(entry: object, y: Array, t: Array, expected: float) -> None:
    assert result(entry, y, t) == pytest.approx(expected, rel=1e-15)


def test_accuracy_says_correct_of_all() -> None:
    metric = part(Metric, "accuracy", {})
    assert metric.text(metric.measure(Y, T)) == "3 of 5"


def test_confusion_counts_truth_by_answer() -> None:
    assert result("confusion", Y, T) == [[1, 0, 0], [0, 2, 1], [1, 0, 0]]
    assert result("confusion", SINGLE, SINGLE_TRUTH) == [[1, 1], [1, 1]]


def test_confusion_agrees_with_numpys_histogram() -> None:
    random = np.random.default_rng(0)
    answers, truth = random.integers(5, size=300), random.integers(5, size=300)
    table = result("confusion", np.eye(5)[answers].T, np.eye(5)[truth].T)
    expected, _, _ = np.histogram2d(truth, answers, bins=np.arange(6))
    np.testing.assert_array_equal(table, expected)
    assert result("accuracy", np.eye(5)[answers].T, np.eye(5)[truth].T) == np.mean(answers == truth)
