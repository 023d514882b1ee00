"""A canonical pair of activation and cost taken together: the same, and stable where apart they are not."""

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver
from nnspec.types import Array

PAIRS = [("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy")]
part = default_resolver().part


def network(activation: str, cost: str, *, fuse: bool = True, dtype: type = np.float64) -> Network:
    layers = [part(Layer, {"dense": 3}, {}), part(Layer, activation, {})]
    bound = Network(plan(layers, (4,)), part(Cost, cost, {}), Seeds(1), dtype, fuse=fuse, input_gradient=True)
    bound.weights[...] = np.random.default_rng(0).normal(size=bound.layout.size)
    return bound


def labels(count: int) -> Array:
    return np.eye(3)[np.random.default_rng(1).integers(3, size=count)].T


@pytest.mark.parametrize(("activation", "cost"), PAIRS)
def test_fused_and_unfused_have_the_same_cost_and_gradients(activation: str, cost: str) -> None:
    x, t = np.random.default_rng(2).normal(size=(4, 9)), labels(9)
    results = []
    for fuse in (True, False):
        bound = network(activation, cost, fuse=fuse)
        assert bound.fused is fuse
        y = bound.forward(x, training=True).copy()
        value = bound.cost_value(t)
        dx = bound.backward(t)
        assert dx is not None
        results.append((y, np.array(value), bound.gradient.copy(), dx.copy()))
    for fused, plain in zip(*results, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("activation", "cost"), PAIRS)
def test_targets_that_do_not_sum_to_one_fuse_alike(activation: str, cost: str) -> None:
    x, t = np.random.default_rng(2).normal(size=(4, 9)), np.random.default_rng(3).uniform(size=(3, 9))
    gradients = []
    for fuse in (True, False):
        bound = network(activation, cost, fuse=fuse)
        bound.forward(x)
        bound.backward(t)
        gradients.append((np.array(bound.cost_value(t)), bound.gradient.copy()))
    for fused, plain in zip(*gradients, strict=True):
        np.testing.assert_allclose(fused, plain, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("activation", "cost"),
    [("sigmoid", "cross_entropy"), ("softmax", "binary_cross_entropy"), ("softmax", "quadratic")],
)
def test_pairs_that_do_not_belong_together_are_not_fused(activation: str, cost: str) -> None:
    assert not network(activation, cost).fused


@pytest.mark.parametrize(("activation", "cost"), PAIRS)
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_logits_of_any_size_give_finite_costs_and_gradients_in_float32(
    activation: str, cost: str, size: float
) -> None:
    bound = network(activation, cost, dtype=np.float32)
    bound.weights[...] = 0
    bound.parameters(0).W[...] = size * np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32)
    x = np.array([[1, -1, 0], [-1, 1, 0], [0, 1, -1], [0, 0, 0]], np.float32)
    t = np.eye(3, dtype=np.float32)
    bound.forward(x)
    value = bound.cost_value(t)
    bound.backward(t)
    assert np.isfinite(bound.gradient).all()
    # Logits by column: (s, -s, 0), (-s, s, s), (0, 0, -s); the right class is the first, the second, the third.
    # softmax: 0, log 2 and s + log 2. sigmoid: log 2 at each of the three zeros; s where a target of 0 meets s,
    # and where one of 1 meets -s.
    expected = {"softmax": (2 * np.log(2) + size) / 3, "sigmoid": (3 * np.log(2) + 2 * size) / 3}
    assert value == pytest.approx(expected[activation], rel=1e-5)


def test_quadratic_behind_softmax_uses_the_whole_jacobian() -> None:
    z, t = np.array([0.2, -0.4, 0.9]), np.array([0.0, 1.0, 0.0])
    y = np.exp(z) / np.exp(z).sum()
    jacobian = np.diag(y) - np.outer(y, y)
    bound = network("softmax", "quadratic")
    bound.weights[...] = 0
    bound.parameters(0).b[:, 0] = z
    bound.forward(np.zeros((4, 1)))
    bound.backward(t[:, np.newaxis])
    np.testing.assert_allclose(bound.gradients(0).b[:, 0], jacobian @ (y - t), rtol=1e-13)
