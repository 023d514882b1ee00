"""Gradients against the autograd library, which differentiates formulas written here a second time."""

from collections.abc import Callable
from math import erfc, pi, sqrt
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from autograd.extend import defvjp, primitive

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.parameters import Views
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part


# The standard library's own function, a number at a time, with its derivative by the book.
normal_share = primitive(np.vectorize(lambda x: erfc(-x / sqrt(2)) / 2, otypes=[float]))
defvjp(normal_share, lambda _, x: lambda g: g * anp.exp(-(x**2) / 2) / sqrt(2 * pi))

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "elu": lambda x: anp.where(x > 0, x, anp.exp(x) - 1),
    "exponential": anp.exp,
    "gelu": lambda x: x * normal_share(x),
    "hard_sigmoid": lambda x: anp.clip(x / 6 + 0.5, 0.0, 1.0),
    "hard_swish": lambda x: x * anp.clip(x + 3, 0.0, 6.0) / 6,
    "identity": lambda x: x,
    "leaky_relu": lambda x: anp.where(x > 0, x, 0.01 * x),
    "log_softmax": lambda x: x - anp.log(anp.sum(anp.exp(x), axis=0, keepdims=True)),
    "mish": lambda x: x * anp.tanh(anp.log(1 + anp.exp(x))),
    "relu": lambda x: anp.where(x > 0, x, 0.0),
    "selu": lambda x: 1.0507009873554805 * anp.where(x > 0, x, 1.6732632423543772 * (anp.exp(x) - 1)),
    "sigmoid": lambda x: 0.5 * (1 + anp.tanh(x / 2)),
    "silu": lambda x: x * 0.5 * (1 + anp.tanh(x / 2)),
    "softmax": lambda x: anp.exp(x) / anp.sum(anp.exp(x), axis=0, keepdims=True),
    "softplus": lambda x: anp.logaddexp(0.0, x),
    "softsign": lambda x: x / (1 + anp.sqrt(x**2)),
    "tanh": lambda x: (anp.exp(2 * x) - 1) / (anp.exp(2 * x) + 1),
}
COSTS: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy": lambda y, t: -anp.sum(anp.log(y**t) + anp.log((1 - y) ** (1 - t))) / y.shape[-1],
    "cross_entropy": lambda y, t: -anp.sum(t * anp.log(y)) / y.shape[-1],
    "hinge": lambda y, t: anp.sum(anp.maximum(0, 1 - (2 * t - 1) * y)) / y.shape[-1],
    "huber": lambda y, t: (
        anp.sum(anp.where(anp.abs(y - t) > 1, anp.abs(y - t) - 0.5, (y - t) ** 2 / 2)) / y.shape[-1]
    ),
    "kl_divergence": lambda y, t: anp.sum(t * anp.log(t / y)) / y.shape[-1],
    "mean_absolute": lambda y, t: anp.mean(anp.sqrt((y - t) ** 2)),
    "poisson": lambda y, t: anp.sum(y - anp.log(y**t)) / y.shape[-1],
    "quadratic": lambda y, t: anp.sum((y - t) ** 2) / 2 / y.shape[-1],
}
REGULARIZERS: dict[str, Callable[[Any], Any]] = {
    "l1": lambda w: 0.7 * anp.sum(anp.sqrt(w**2)),
    "l2": lambda w: 0.7 / 2 * anp.sum(w * w),
}


@pytest.mark.parametrize(
    ("kind", "oracle"), [("activations", ACTIVATIONS), ("costs", COSTS), ("regularizers", REGULARIZERS)]
)
def test_the_oracle_knows_every_built_in_part(kind: str, oracle: dict[str, Any]) -> None:
    entries = default_resolver().catalogue.entries(kind)
    assert {entry.name for entry in entries if entry.distribution == "nnspec"} == set(oracle)


def context(x: Array) -> LayerContext:
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float64))
    ctx.x = x
    return ctx


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(4, 3), (2, 1), (3, 2, 2, 5)])
def test_an_activation_has_autograds_values_and_gradient(name: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    x, dy = random.normal(size=shape), random.normal(size=shape)
    activation, formula = part(Activation, name, {}), ACTIVATIONS[name]
    ctx = context(x)
    ctx.y = activation.forward(x, Views(), ctx)
    np.testing.assert_allclose(ctx.y, formula(x), rtol=1e-13, atol=1e-15)
    expected = grad(lambda at: anp.sum(dy * formula(at)))(x)
    dx = activation.backward(dy, Views(), Views(), ctx)
    assert dx is not None
    np.testing.assert_allclose(dx, expected, rtol=1e-12, atol=1e-14)


def test_dense_has_autograds_gradients_by_input_weights_and_biases() -> None:
    random = np.random.default_rng(4)
    x, dy = random.normal(size=(5, 7)), random.normal(size=(3, 7))
    W, b = random.normal(size=(3, 5)), random.normal(size=(3, 1))
    dense, ctx = part(Layer, {"dense": 3}, {}), context(x)
    ctx.y = dense.forward(x, Views(W=W, b=b), ctx)
    g = Views(W=np.full((3, 5), np.nan), b=np.full((3, 1), np.nan))
    dx = dense.backward(dy, Views(W=W, b=b), g, ctx)

    def total(x: Any, W: Any, b: Any) -> Any:
        return anp.sum(dy * (anp.dot(W, x) + b))

    for place, found in enumerate((dx, g.W, g.b)):
        np.testing.assert_allclose(found, grad(total, place)(x, W, b), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", COSTS)
def test_a_cost_has_autograds_values_and_gradient(name: str) -> None:
    random = np.random.default_rng(5)
    y = random.uniform(0.05, 0.95, (4, 6))
    t = random.uniform(0, 1, (4, 6))
    cost, ctx = part(Cost, name, {}), context(y)
    assert cost.value(y, t, ctx) == pytest.approx(float(COSTS[name](y, t)), rel=1e-12)
    np.testing.assert_allclose(cost.gradient(y, t, ctx), grad(COSTS[name])(y, t), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_regularizer_has_autograds_penalty_and_gradient(name: str) -> None:
    w = np.random.default_rng(6).normal(size=50)
    regularizer = part(Regularizer, {name: 0.7}, {})
    gradient, scratch = np.zeros(50), np.empty(50)
    regularizer.add_gradient(w, gradient, scratch)
    assert regularizer.penalty(w) == pytest.approx(float(REGULARIZERS[name](w)), rel=1e-12)
    np.testing.assert_allclose(gradient, grad(REGULARIZERS[name])(w), rtol=1e-12)


@pytest.mark.parametrize(
    ("output", "cost"),
    [
        ("softmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
        ("softmax", "quadratic"),
        ("softmax", "binary_cross_entropy"),
        ("sigmoid", "cross_entropy"),
        ("sigmoid", "quadratic"),
        ("tanh", "quadratic"),
        ("identity", "quadratic"),
    ],
)
@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
def test_a_whole_network_has_autograds_gradient(hidden: str, output: str, cost: str) -> None:
    layers = [part(Layer, entry, {}) for entry in ({"dense": 4}, hidden, {"dense": 3}, output)]
    network = Network(plan(layers, (5,)), part(Cost, cost, {}), Seeds(3), np.float64, input_gradient=True)
    random = np.random.default_rng(7)
    # Small enough for outputs other than 0 and 1 behind an exponential, where the formulas below take logarithms.
    network.weights[...] = random.normal(scale=0.5, size=network.layout.size)
    x, t = random.normal(size=(5, 6)), np.eye(3)[random.integers(3, size=6)].T

    def whole(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        y = ACTIVATIONS[hidden](anp.dot(W1, x) + b1)
        return COSTS[cost](ACTIVATIONS[output](anp.dot(W2, y) + b2), t)

    first, second = network.parameters(0), network.parameters(2)
    given = (x, first.W.copy(), first.b.copy(), second.W.copy(), second.b.copy())
    network.forward(x, training=True)
    assert network.cost_value(t) == pytest.approx(float(whole(*given)), rel=1e-11)
    dx = network.backward(t)
    found = (dx, network.gradients(0).W, network.gradients(0).b, network.gradients(2).W, network.gradients(2).b)
    for place, gradient in enumerate(found):
        np.testing.assert_allclose(gradient, grad(whole, place)(*given), rtol=1e-9, atol=1e-12)
