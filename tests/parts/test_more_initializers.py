"""Initializers against what they promise: cut tails, right angles, signals passed on."""

from math import erf, exp, pi, sqrt

import numpy as np
import pytest

from nnspec.contracts.initializer import Initializer
from nnspec.registry import default_resolver
from nnspec.testing import check_initializer
from nnspec.types import Array

part = default_resolver().part


def filled(entry: object, shape: tuple[int, ...], seed: int = 1) -> Array:
    out = np.full(shape, np.nan)
    part(Initializer, entry, {}).fill(out, 3, 4, np.random.default_rng(seed))
    return out


@pytest.mark.parametrize("cut", [0.5, 1.0, 2.0, 3.0])
def test_truncated_normal_has_the_variance_of_its_formula(cut: float) -> None:
    """Var = σ² (1 - 2 c φ(c) / (Φ(c) - Φ(-c))), as tables of the truncated normal have it."""
    inside, density = erf(cut / sqrt(2)), exp(-(cut**2) / 2) / sqrt(2 * pi)
    variance = 0.2**2 * (1 - 2 * cut * density / inside)
    initializer = part(Initializer, {"truncated_normal": {"std": 0.2, "mean": 0.7, "cut": cut}}, {})
    check_initializer(initializer, mean=0.7, variance=variance)


def test_truncated_normal_fills_its_bounds_and_stays_within() -> None:
    values = filled({"truncated_normal": 0.5}, (300, 300))
    assert np.abs(values).max() <= 1.0
    assert np.abs(values).max() > 0.999
    # Cut off and drawn again, not clipped: nothing piles up at the bounds.
    assert np.count_nonzero(np.abs(values) == 1.0) == 0


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3, 3), (20, 2, 3, 3), (6,), (1, 1)])
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_orthogonal_rows_or_columns_stand_at_right_angles(shape: tuple[int, ...], gain: float) -> None:
    W = filled({"orthogonal": gain}, shape).reshape(shape[0], -1)
    product = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    np.testing.assert_allclose(product, gain**2 * np.eye(len(product)), atol=1e-14)


def test_orthogonal_matrices_are_all_equally_likely() -> None:
    """Rotations and reflections alike, and no entry with a sign of its own."""
    matrices = np.array([filled("orthogonal", (3, 3), seed) for seed in range(2000)])
    # Standard errors: 1/√(3 · 2000) = 0.013 for entries of variance 1/3, 0.022 for determinants of ±1.
    assert np.abs(matrices.mean(axis=0)).max() < 5 * 0.013
    assert abs(np.linalg.det(matrices).mean()) < 5 * 0.022


def test_identity_by_hand() -> None:
    np.testing.assert_array_equal(filled("identity", (2, 3)), [[1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(filled({"identity": 0.5}, (3, 2)), [[0.5, 0], [0, 0.5], [0, 0]])


def test_identity_filters_pass_each_channel_on() -> None:
    W = filled("identity", (2, 2, 3, 3))
    assert W.sum() == 2
    assert W[0, 0, 1, 1] == W[1, 1, 1, 1] == 1
    image = np.random.default_rng(0).normal(size=(2, 5, 5))
    framed = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    passed = sum(
        np.einsum("oi,ihw->ohw", W[:, :, row, column], framed[:, row : row + 5, column : column + 5])
        for row in range(3)
        for column in range(3)
    )
    np.testing.assert_array_equal(passed, image)
