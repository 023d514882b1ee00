"""Means, variances and bounds of what initializers draw."""

from math import sqrt

import numpy as np
import pytest

from nnspec.contracts.initializer import Initializer
from nnspec.registry import default_resolver
from nnspec.testing import check_initializer
from nnspec.types import Array

part = default_resolver().part


def drawn(entry: object, fan_in: int = 30, fan_out: int = 20) -> Array:
    out = np.empty((200, 500))
    part(Initializer, entry, {}).fill(out, fan_in, fan_out, np.random.default_rng(1))
    return out


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
@pytest.mark.parametrize(
    ("name", "variance"),
    [("glorot", 2 / (30 + 20)), ("he", 2 / 30), ("lecun", 1 / 30)],
)
def test_scaled_initializers_have_their_published_variance(name: str, distribution: str, variance: float) -> None:
    initializer = part(Initializer, {name: distribution}, {})
    check_initializer(initializer, 30, 20, mean=0.0, variance=variance)


@pytest.mark.parametrize(
    ("entry", "mean", "variance"),
    [
        ({"normal": {"std": 2.0, "mean": -1.0}}, -1.0, 4.0),
        ({"normal": 0.5}, 0.0, 0.25),
        ({"uniform": {"low": -1.0, "high": 2.0}}, 0.5, 9 / 12),
        ({"constant": 0.25}, 0.25, 0.0),
        ("zeros", 0.0, 0.0),
    ],
)
def test_plain_initializers_have_the_stated_mean_and_variance(entry: object, mean: float, variance: float) -> None:
    check_initializer(part(Initializer, entry, {}), mean=mean, variance=variance)


@pytest.mark.parametrize(
    ("entry", "bound"),
    [
        ("glorot", sqrt(6 / 50)),
        ("he", sqrt(6 / 30)),
        ("lecun", sqrt(3 / 30)),
        ({"uniform": {"low": -0.2, "high": 0.2}}, 0.2),
    ],
)
def test_uniform_draws_fill_their_bounds_and_stay_within(entry: object, bound: float) -> None:
    values = drawn(entry)
    assert np.abs(values).max() <= bound
    # Of 100,000 draws none in the outer thousandth on either side: a chance of exp(-50).
    assert values.max() > 0.999 * bound
    assert values.min() < -0.999 * bound


def test_normal_draws_have_a_bells_tails() -> None:
    values = drawn({"he": "normal"}) / sqrt(2 / 30)
    # 4.55 % lie beyond two standard deviations; standard error 0.066 %.
    assert (np.abs(values) > 2).mean() == pytest.approx(0.0455, abs=5 * 0.00066)


def test_the_fan_decides_and_not_the_shape() -> None:
    assert drawn("he", fan_in=3).std() == pytest.approx(sqrt(2 / 3), rel=0.02)
    assert drawn("he", fan_in=300).std() == pytest.approx(sqrt(2 / 300), rel=0.02)
