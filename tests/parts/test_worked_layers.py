"""Layers, activations and costs on numbers worked out by hand."""

from math import exp, log, tanh

import numpy as np
import pytest

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.parameters import Views
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part


def context(*, training: bool = False, seed: int = 0) -> LayerContext:
    return LayerContext(np.random.default_rng(seed), np.dtype(np.float64), training=training)


def column(*values: float) -> Array:
    return np.array(values, dtype=np.float64)[:, np.newaxis]


def test_dense_multiplies_and_adds() -> None:
    dense, ctx = part(Layer, {"dense": 2}, {}), context()
    p = Views(W=np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), b=column(0.5, -0.5))
    x = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, -1.0]])
    # Column 1: 1 + 4 + 9 + 0.5 and 4 + 10 + 18 - 0.5; column 2: 2 - 3 + 0.5 and 5 - 6 - 0.5.
    ctx.x = x
    ctx.y = dense.forward(x, p, ctx)
    np.testing.assert_array_equal(ctx.y, [[14.5, -0.5], [31.5, -1.5]])
    g = Views(W=np.empty((2, 3)), b=np.empty((2, 1)))
    dx = dense.backward(np.array([[1.0, 2.0], [-1.0, 3.0]]), p, g, ctx)
    # dW: row 1 = 1 (1, 2, 3) + 2 (0, 1, -1); row 2 = -1 (1, 2, 3) + 3 (0, 1, -1).
    np.testing.assert_array_equal(g.W, [[1, 4, 1], [-1, 1, -6]])
    np.testing.assert_array_equal(g.b, [[3], [2]])
    # dx: column 1 = 1 (1, 2, 3) - 1 (4, 5, 6); column 2 = 2 (1, 2, 3) + 3 (4, 5, 6).
    np.testing.assert_array_equal(dx, [[-3, 14], [-3, 19], [-3, 24]])


def test_dense_declares_weights_that_decay_and_biases_that_do_not() -> None:
    declaration = part(Layer, {"dense": 30}, {}).declare((784,))
    assert declaration.output == (30,)
    weights, biases = declaration.parameters["W"], declaration.parameters["b"]
    assert (weights.shape, weights.fan_in, weights.fan_out, weights.decays) == ((30, 784), 784, 30, True)
    assert (biases.shape, biases.decays) == ((30, 1), False)
    assert declaration.multiplications == 30 * 784
    assert list(part(Layer, {"dense": {"units": 3, "bias": False}}, {}).declare((2,)).parameters) == ["W"]


def test_flatten_puts_the_last_axis_fastest_and_takes_it_back() -> None:
    flatten, ctx = part(Layer, "flatten", {}), context()
    x = np.arange(2 * 2 * 3 * 2).reshape(2, 2, 3, 2).astype(float)
    ctx.x = x
    y = flatten.forward(x, Views(), ctx)
    np.testing.assert_array_equal(y[:, 0], [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22])
    dx = flatten.backward(y, Views(), Views(), ctx)
    np.testing.assert_array_equal(dx, x)


def test_dropout_drops_the_stated_share_scales_the_rest_and_passes_gradients_through_the_same_mask() -> None:
    dropout, ctx = part(Layer, {"dropout": 0.3}, {}), context(training=True)
    x = np.ones((200, 500))
    ctx.x = x
    y = dropout.forward(x, Views(), ctx).copy()
    assert set(np.unique(y)) == {0.0, 1 / (1 - 0.3)}
    dropped = float((y == 0).mean())
    # 100,000 draws: a standard error of sqrt(0.3 * 0.7 / 100,000) = 0.00145; five of them.
    assert dropped == pytest.approx(0.3, abs=5 * 0.00145)
    assert y.mean() == pytest.approx(1.0, abs=5 * 0.00145 / 0.7)
    dx = dropout.backward(2 * np.ones_like(x), Views(), Views(), ctx)
    assert dx is not None
    np.testing.assert_array_equal(dx, 2 * y)
    again = dropout.forward(x, Views(), ctx)
    assert not np.array_equal(again, y)


def test_dropout_does_nothing_outside_training() -> None:
    dropout, ctx = part(Layer, {"dropout": 0.9}, {}), context()
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_array_equal(dropout.forward(x, Views(), ctx), x)
    np.testing.assert_array_equal(dropout.backward(x, Views(), Views(), ctx), x)


@pytest.mark.parametrize(
    ("entry", "outputs", "slopes"),
    [
        ("identity", [-2.0, 0.5, 3.0], [1, 1, 1]),
        ("relu", [0, 0.5, 3.0], [0, 1, 1]),
        ({"leaky_relu": 0.1}, [-0.2, 0.5, 3.0], [0.1, 1, 1]),
        (
            "sigmoid",
            # 1/(1 + e²) = 0.119203, 1/(1 + e^-0.5) = 0.622459, 1/(1 + e^-3) = 0.952574
            [0.119202922, 0.622459331, 0.952574127],
            [0.104993585, 0.235003712, 0.045176660],
        ),
        ("tanh", [tanh(-2), tanh(0.5), tanh(3)], [0.070650825, 0.786447733, 0.009866037]),
    ],
)
def test_an_activation_at_minus_two_a_half_and_three(
    entry: object, outputs: list[float], slopes: list[float]
) -> None:
    activation, ctx = part(Activation, entry, {}), context()
    ctx.x = column(-2.0, 0.5, 3.0)
    ctx.y = activation.forward(ctx.x, Views(), ctx)
    np.testing.assert_allclose(ctx.y[:, 0], outputs, rtol=1e-8)
    dx = activation.backward(column(1, 1, 1), Views(), Views(), ctx)
    assert dx is not None
    np.testing.assert_allclose(dx[:, 0], slopes, rtol=1e-7)
    scaled = activation.backward(column(2, -3, 4), Views(), Views(), ctx)
    assert scaled is not None
    np.testing.assert_allclose(scaled[:, 0], np.multiply(slopes, [2, -3, 4]), rtol=1e-7)


def test_relu_has_no_slope_at_zero() -> None:
    relu, ctx = part(Activation, "relu", {}), context()
    ctx.x = column(0.0)
    ctx.y = relu.forward(ctx.x, Views(), ctx)
    np.testing.assert_array_equal(relu.backward(column(5), Views(), Views(), ctx), [[0]])


def test_softmax_of_zero_log_two_and_log_three() -> None:
    softmax, ctx = part(Activation, "softmax", {}), context()
    ctx.x = column(0, log(2), log(3))
    ctx.y = softmax.forward(ctx.x, Views(), ctx)
    np.testing.assert_allclose(ctx.y[:, 0], [1 / 6, 2 / 6, 3 / 6], rtol=1e-15)
    # dy = (6, 0, 0): the weighted mean of dy is 1, so dx = y (dy - 1).
    dx = softmax.backward(column(6, 0, 0), Views(), Views(), ctx)
    assert dx is not None
    np.testing.assert_allclose(dx[:, 0], [5 / 6, -2 / 6, -3 / 6], rtol=1e-14)


Y, T = np.array([[0.8, 0.5], [0.2, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
"""Two samples of two outputs, and their targets."""


@pytest.mark.parametrize(
    ("entry", "value", "gradient"),
    [
        # ½ (0.04 + 0.04) + ½ (0.25 + 0.25), halved; (y - t) / 2
        ("quadratic", (0.04 + 0.25) / 2, [[-0.1, 0.25], [0.1, -0.25]]),
        # mean over two outputs of whole squares: (0.04 + 0.25) / 2; (y - t) 2 / 4
        (
            {"quadratic": {"factor": 1.0, "over_outputs": "mean"}},
            (0.04 + 0.25) / 2,
            [[-0.1, 0.25], [0.1, -0.25]],
        ),
        ({"quadratic": {"factor": 1.0}}, 0.04 + 0.25, [[-0.2, 0.5], [0.2, -0.5]]),
        # -(log 0.8 + log 0.5) / 2; -1 / 0.8 / 2 and -1 / 0.5 / 2
        ("cross_entropy", -(log(0.8) + log(0.5)) / 2, [[-0.625, 0], [0, -1.0]]),
        # Each output counts: twice log 0.8, twice log 0.5; 0.2 / 0.16 = 1.25 and 0.5 / 0.25 = 2, halved
        ("binary_cross_entropy", -(log(0.8) + log(0.5)), [[-0.625, 1.0], [0.625, -1.0]]),
    ],
)
def test_a_cost_on_two_samples(entry: object, value: float, gradient: list[list[float]]) -> None:
    cost = part(Cost, entry, {})
    assert cost.value(Y, T, context()) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(cost.gradient(Y, T, context()), gradient, rtol=1e-12)


def test_cross_entropy_from_logits() -> None:
    z = column(0, log(2), log(3))
    y, t = column(1 / 6, 2 / 6, 3 / 6), column(0, 1, 0)
    cost = part(Cost, "cross_entropy", {})
    assert cost.logit_value(z, y, t, context()) == pytest.approx(log(3), rel=1e-14)
    np.testing.assert_allclose(cost.logit_gradient(z, y, t, context())[:, 0], [1 / 6, -4 / 6, 3 / 6], rtol=1e-14)


def test_cross_entropy_of_a_probability_that_rounds_to_zero_comes_from_the_logits() -> None:
    cost = part(Cost, {"cross_entropy": {"smoothing": 0.1}}, {})
    network = Network(plan([part(Layer, "softmax", {})], (2,)), cost, Seeds(1))
    # Of the four samples one is certain of the wrong class, and one within what float32 tells apart from that.
    z = np.array([[0, 1, 200, 88], [0, 0, 0, 0]], np.float32)
    t = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], np.float32)
    network.forward(z)
    smooth = 0.95 * t + 0.05 * t[::-1]
    expected = np.mean(np.logaddexp(z[0], z[1]) - (smooth * z).sum(axis=0))
    assert network.cost_value(t) == pytest.approx(expected, rel=1e-6)


def test_binary_cross_entropy_from_logits() -> None:
    z = column(log(3), 0)
    y, t = column(0.75, 0.5), column(1, 0)
    cost = part(Cost, "binary_cross_entropy", {})
    assert cost.logit_value(z, y, t, context()) == pytest.approx(log(4 / 3) + log(2), rel=1e-14)
    np.testing.assert_allclose(cost.logit_gradient(z, y, t, context())[:, 0], [-0.25, 0.5], rtol=1e-14)


def test_sigmoid_at_plus_and_minus_a_thousand_is_exactly_one_and_zero_without_a_warning() -> None:
    x = np.array([[1e3], [-1e3]], np.float32)
    network = Network(plan([part(Layer, "sigmoid", {})], (2,)), part(Cost, "quadratic", {}), Seeds(1))
    np.testing.assert_array_equal(network.forward(x), [[1], [0]])


def test_sigmoid_far_below_zero_keeps_all_digits() -> None:
    x = np.array([[-80.0, -600.0]])
    out = np.empty_like(x)
    part(Activation, "sigmoid", {}).apply(x, out, context())
    np.testing.assert_allclose(out, [[exp(-80), exp(-600)]], rtol=1e-14)
