"""Costs against numbers worked by hand, and fused against unfused."""

from math import exp, log
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.errors import SpecError
from nnspec.registry import default_resolver
from nnspec.spec.specification import parse
from nnspec.testing.spelling import calculate
from nnspec.types import Array

part = default_resolver().part

# Two samples of two outputs.
Y, T = np.array([[0.5, 3.0], [0.25, -1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
# Probabilities, and labels.
PY, PT = np.array([[0.5, 0.2], [0.5, 0.8]]), np.array([[1.0, 0.0], [0.0, 1.0]])


def context() -> LayerContext:
    return LayerContext(np.random.default_rng(0), np.dtype(np.float64))


@pytest.mark.parametrize(
    ("entry", "y", "t", "value", "gradient"),
    [
        # Distances 1/2, 1/4 and 3, 2.
        ("mean_absolute", Y, T, 5.75 / 4, [[-1 / 4, 1 / 4], [1 / 4, -1 / 4]]),
        ({"mean_absolute": "sum"}, Y, T, 5.75 / 2, [[-1 / 2, 1 / 2], [1 / 2, -1 / 2]]),
        # 1/8 + 1/32 and 5/2 + 3/2.
        ("huber", Y, T, (5 / 32 + 4) / 2, [[-1 / 4, 1 / 2], [1 / 8, -1 / 2]]),
        # With δ = 1/4: 1/4 (1/2 - 1/8) + 1/32, and 1/4 (3 - 1/8) + 1/4 (2 - 1/8).
        (
            {"huber": {"distance": 0.25, "over_outputs": "mean"}},
            Y,
            T,
            (3 / 32 + 1 / 32 + 23 / 32 + 15 / 32) / 4,
            [[-1 / 16, 1 / 16], [1 / 16, -1 / 16]],
        ),
        # Sides +1, -1 and -1, +1: missing are 1/2, 5/4 and 4, 2.
        ("hinge", Y, T, 7.75 / 2, [[-1 / 2, 1 / 2], [1 / 2, -1 / 2]]),
        # With a margin of 1/4: nothing, 1/2 and 13/4, 5/4.
        ({"hinge": 0.25}, Y, T, 5 / 2, [[0, 1 / 2], [1 / 2, -1 / 2]]),
        ({"hinge": {"squared": True}}, Y, T, (1 / 4 + 25 / 16 + 20) / 2, [[-1 / 2, 4], [5 / 4, -2]]),
        ("poisson", np.array([[2.0]]), np.array([[3.0]]), 2 - 3 * log(2), [[-1 / 2]]),
        ("kl_divergence", PY, PT, (log(2) + log(1.25)) / 2, [[-1, 0], [0, -0.625]]),
        # Targets 0.9, 0.1 and 0.1, 0.9.
        (
            {"cross_entropy": {"smoothing": 0.2}},
            PY,
            PT,
            (log(2) + 0.1 * log(5) + 0.9 * log(1.25)) / 2,
            [[-0.9, -0.25], [-0.1, -0.5625]],
        ),
    ],
)
def test_two_samples_by_hand(entry: object, y: Array, t: Array, value: float, gradient: Any) -> None:
    cost = part(Cost, entry, {})
    assert cost.value(y, t, context()) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(cost.gradient(y, t, context()), gradient, rtol=1e-14)


def test_smoothed_targets_are_where_the_cost_is_least() -> None:
    """The gradient by the logits vanishes at outputs of 1 - ε + ε/K and ε/K."""
    cost = part(Cost, {"cross_entropy": {"smoothing": 0.3}}, {})
    y, t = np.array([[0.8], [0.1], [0.1]]), np.array([[1.0], [0.0], [0.0]])
    np.testing.assert_allclose(cost.logit_gradient(np.log(y), y, t, context()), 0, atol=1e-16)


def test_divergence_is_cross_entropy_less_the_targets_own() -> None:
    random = np.random.default_rng(0)
    y, t = random.dirichlet(np.ones(4), 6).T, random.dirichlet(np.ones(4), 6).T
    divergence, entropy = part(Cost, "kl_divergence", {}), part(Cost, "cross_entropy", {})
    own = entropy.value(t, t, context())
    assert divergence.value(y, t, context()) == pytest.approx(entropy.value(y, t, context()) - own, rel=1e-12)
    assert divergence.value(t, t, context()) == pytest.approx(0, abs=1e-15)
    np.testing.assert_array_equal(divergence.gradient(y, t, context()), entropy.gradient(y, t, context()))


@pytest.mark.parametrize(
    ("activation", "cost"),
    [
        ("softmax", {"cross_entropy": {"smoothing": 0.1}}),
        ("softmax", "kl_divergence"),
        ("exponential", "poisson"),
    ],
)
def test_fused_and_unfused_have_the_same_cost_and_gradients(activation: str, cost: object) -> None:
    random = np.random.default_rng(2)
    x, t = random.normal(size=(4, 9)), random.dirichlet(np.ones(3), 9).T.copy()
    results = []
    for fuse in (True, False):
        layers = [part(Layer, {"dense": 3}, {}), part(Activation, activation, {})]
        network = Network(plan(layers, (4,)), part(Cost, cost, {}), Seeds(1), np.float64, fuse=fuse)
        assert network.fused is fuse
        network.initialize()
        network.forward(x, training=True)
        network.backward(t)
        results.append((np.array(network.cost_value(t)), network.gradient.copy()))
    for fused, plain in zip(*results, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-11, atol=1e-15)


def test_poisson_fused_by_hand() -> None:
    cost, z, t = part(Cost, "poisson", {}), np.array([[0.0, log(3)]]), np.array([[2.0, 1.0]])
    y = np.exp(z)
    assert cost.logit_value(z, y, t, context()) == pytest.approx((1 + 3 - log(3)) / 2, rel=1e-15)
    np.testing.assert_allclose(cost.logit_gradient(z, y, t, context()), [[-1 / 2, 1]], rtol=1e-15)


def test_counts_behind_a_rectifier_that_says_none_cost_much_but_a_finite_amount() -> None:
    cost, y, t = part(Cost, "poisson", {}), np.zeros((1, 1), np.float32), np.full((1, 1), 1e6, np.float32)
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float32))
    assert np.isfinite(cost.value(y, t, ctx))
    assert np.isfinite(cost.gradient(y, t, ctx)).all()


@pytest.mark.parametrize(
    ("entry", "quantity"),
    [
        (entry, quantity)
        for entry, quantities in [
            ("mean_absolute", "Cy"),
            ({"mean_absolute": "sum"}, "Cy"),
            ("huber", "Cy"),
            ({"huber": {"distance": 0.25, "over_outputs": "mean"}}, "Cy"),
            ("hinge", "Cy"),
            ({"hinge": {"squared": True}}, "Cy"),
            ("poisson", "Cyz"),
            ("kl_divergence", "Cyz"),
            ({"cross_entropy": {"smoothing": 0.2}}, "Cyz"),
        ]
        for quantity in quantities
    ],
)
def test_spelled_arithmetic_comes_to_the_number_itself(entry: object, quantity: str) -> None:
    cost, ctx = part(Cost, entry, {}), context()
    t = np.array([[0.0], [1.0], [0.0]])
    z = np.array([[log(0.2)], [log(0.7)], [log(0.1)]])
    y = np.exp(z)
    values = {"y": y[:, 0], "t": t[:, 0], "z": z[:, 0]}
    if quantity == "C":
        assert calculate(cost.spell("C", (), values)) == pytest.approx(cost.value(y, t, ctx), rel=1e-5)
        return
    gradient = cost.gradient(y, t, ctx) if quantity == "y" else cost.logit_gradient(z, y, t, ctx)
    for index in range(3):
        number = calculate(cost.spell(quantity, (index,), values))
        assert number == pytest.approx(gradient[index, 0], rel=1e-5, abs=1e-6)


def test_a_cost_of_counts_asks_for_outputs_above_zero() -> None:
    text = (
        "nnspec: 1\nname: counts\ndataset: xor\ninput: 2\nlayers:\n  - dense: 1\n  - {output}\n"
        "cost: poisson\noptimizer: {{sgd: 0.1}}\n"
    )
    assert parse(text.format(output="softplus")).nodes
    with pytest.raises(SpecError, match="needs outputs above 0"):
        parse(text.format(output="tanh"))


def test_values_near_the_end_of_float32_add_up() -> None:
    cost, z = part(Cost, "poisson", {}), np.full((9, 2), 1e4, np.float32)
    y = np.full((9, 2), exp(88), np.float32)
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float32))
    assert cost.logit_value(z, y, np.zeros_like(z), ctx) == pytest.approx(9 * exp(88), rel=1e-6)
