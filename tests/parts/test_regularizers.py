"""Penalties and their gradients on numbers worked out by hand."""

import numpy as np
import pytest

from nnspec.contracts.regularizer import Regularizer
from nnspec.registry import default_resolver


@pytest.mark.parametrize(
    ("name", "penalty", "gradient"),
    [
        # a tenth of 3 + 0 + 4; a tenth of the signs
        ("l1", 0.7, [1.1, 1.0, 0.9]),
        # a twentieth of 9 + 0 + 16; a tenth of the weights
        ("l2", 1.25, [1.3, 1.0, 0.6]),
    ],
)
def test_penalty_and_gradient_of_three_zero_and_minus_four(
    name: str, penalty: float, gradient: list[float]
) -> None:
    regularizer = default_resolver().part(Regularizer, {name: 0.1}, {})
    weights, found = np.array([3.0, 0.0, -4.0]), np.ones(3)
    regularizer.add_gradient(weights, found, np.empty(3))
    assert regularizer.penalty(weights) == pytest.approx(penalty, rel=1e-14)
    np.testing.assert_allclose(found, gradient, rtol=1e-14)


@pytest.mark.parametrize("name", ["l1", "l2"])
def test_a_large_float32_vector_is_summed_closely(name: str) -> None:
    weights = np.random.default_rng(0).normal(size=1_000_000).astype(np.float32)
    regularizer = default_resolver().part(Regularizer, {name: 1.0}, {})
    assert regularizer.penalty(weights) == pytest.approx(regularizer.penalty(weights.astype(np.float64)), rel=1e-4)
