"""Activations against numbers worked by hand, the standard library, and their own spelled-out arithmetic."""

from math import erfc, exp, log, pi, sqrt, tanh
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnspec.contracts.activation import Activation
from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.parameters import Views
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.registry import default_resolver
from nnspec.testing.spelling import calculate
from nnspec.types import Array

part = default_resolver().part
DEPTH = 1.0507009873554805 * 1.6732632423543772
# Φ(1) and φ(1), as tables of the normal distribution have them.
SHARE, DENSITY = 0.8413447460685429, 0.24197072451914337

NAMES = [
    "elu",
    "exponential",
    "gelu",
    "hard_sigmoid",
    "hard_swish",
    "log_softmax",
    "mish",
    "selu",
    "silu",
    "softplus",
    "softsign",
]


def context(dtype: Any = np.float64) -> LayerContext:
    return LayerContext(np.random.default_rng(0), np.dtype(dtype))


def both(entry: object, x: Array, dy: Array) -> tuple[Array, Array]:
    """Outputs and the input's gradient."""
    activation, ctx = part(Activation, entry, {}), context(x.dtype)
    y, dx = np.empty_like(x), np.empty_like(x)
    activation.apply(x, y, ctx)
    activation.gradient(dy, x, y, dx, ctx)
    return y, dx


@pytest.mark.parametrize(
    ("entry", "x", "y", "slope"),
    [
        ("elu", 2.0, 2.0, 1.0),
        ("elu", log(1 / 2), -1 / 2, 1 / 2),
        ({"elu": 0.4}, log(1 / 4), -0.3, 0.1),
        ("selu", 2.0, 2.101401974710961, 1.0507009873554805),
        ("selu", log(1 / 2), -DEPTH / 2, DEPTH / 2),
        ("exponential", log(2), 2.0, 2.0),
        ("gelu", 1.0, SHARE, SHARE + DENSITY),
        ("gelu", -1.0, SHARE - 1, 1 - SHARE - DENSITY),
        ("gelu", 0.0, 0.0, 0.5),
        ({"gelu": "tanh"}, 0.0, 0.0, 0.5),
        ("hard_sigmoid", 1.5, 0.75, 1 / 6),
        ("hard_sigmoid", 4.0, 1.0, 0.0),
        ("hard_sigmoid", -4.0, 0.0, 0.0),
        ({"hard_sigmoid": {"slope": 0.2, "middle": 0.25}}, -1.0, 0.05, 0.2),
        ("hard_swish", 1.5, 1.125, 1.0),
        ("hard_swish", -1.5, -0.375, 0.0),
        ("hard_swish", 4.0, 4.0, 1.0),
        ("hard_swish", -4.0, 0.0, 0.0),
        ("mish", 0.0, 0.0, 0.6),
        # e = 2, n = 8: the weight is 8/10, and the rest of the slope 4 x · 2 · 3 / 100.
        ("mish", log(2), 0.8 * log(2), 0.8 + 0.24 * log(2)),
        ("silu", 0.0, 0.0, 0.5),
        ("silu", log(3), 0.75 * log(3), 0.75 + 0.1875 * log(3)),
        ("softplus", 0.0, log(2), 0.5),
        ("softplus", log(3), log(4), 0.75),
        ("softsign", 3.0, 0.75, 1 / 16),
        ("softsign", -1.0, -0.5, 0.25),
    ],
)
def test_one_number_by_hand(entry: object, x: float, y: float, slope: float) -> None:
    found, dx = both(entry, np.array([[x]]), np.array([[3.0]]))
    np.testing.assert_allclose(found, [[y]], rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(dx, [[3 * slope]], rtol=1e-13, atol=1e-15)


def test_log_softmax_by_hand() -> None:
    # Of 0 and ln 3 the probabilities are 1/4 and 3/4.
    y, dx = both("log_softmax", np.array([[0.0], [log(3)]]), np.array([[1.0], [0.0]]))
    np.testing.assert_allclose(y, [[log(1 / 4)], [log(3 / 4)]], rtol=1e-15)
    np.testing.assert_allclose(dx, [[3 / 4], [-3 / 4]], rtol=1e-15)


def test_log_softmax_is_right_where_softmax_rounds_to_zero() -> None:
    y, _ = both("log_softmax", np.array([[0.0], [-500.0]], np.float32), np.ones((2, 1), np.float32))
    assert y[1, 0] == -500.0


def test_gelus_distribution_is_the_standard_librarys_to_the_last_digits() -> None:
    """Down to where it is 1e-300: no digits cancel in the tail."""
    x = np.linspace(-37, 37, 7401)[np.newaxis]
    x = x[:, x[0] != 0]
    y, _ = both("gelu", x, np.ones_like(x))
    share = np.array([[erfc(-at / sqrt(2)) / 2 for at in x[0]]])
    # Here and there, exp(-x²/2) alone loses x²/2 roundings.
    np.testing.assert_array_less(np.abs(y / x - share) / share, 6e-16 * (3 + x**2 / 2))


def test_gelus_distribution_is_exact_to_float32_in_float32() -> None:
    x = np.linspace(-6, 6, 2401, dtype=np.float32)[np.newaxis]
    y, _ = both("gelu", x, np.ones_like(x))
    expected = [[float(at) * erfc(-float(at) / sqrt(2)) / 2 for at in x[0]]]
    np.testing.assert_allclose(y, expected, rtol=0, atol=6e-7)


def test_gelus_approximation_is_the_published_one() -> None:
    x = np.linspace(-5, 5, 101)[np.newaxis]
    y, _ = both({"gelu": "tanh"}, x, np.ones_like(x))
    published = [[0.5 * at * (1 + tanh(sqrt(2 / pi) * (at + 0.044715 * at**3))) for at in x[0]]]
    np.testing.assert_allclose(y, published, rtol=1e-12, atol=1e-15)
    exact, _ = both("gelu", x, np.ones_like(x))
    assert 1e-4 < np.abs(y - exact).max() < 5e-4


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_needs_nothing_but_what_it_is_handed(name: str) -> None:
    """Layers that apply one activation many times in a step hand it one context."""
    random = np.random.default_rng(1)
    x, other, dy = (random.normal(size=(4, 3)) for _ in range(3))
    activation, ctx = part(Activation, name, {}), context()
    y, scratch, dx = np.empty_like(x), np.empty_like(x), np.empty_like(x)
    activation.apply(x, y, ctx)
    activation.apply(other, scratch, ctx)
    activation.gradient(dy, x, y, dx, ctx)
    np.testing.assert_array_equal(dx, both(name, x, dy)[1])


@pytest.mark.parametrize("name", [*NAMES, "prelu"])
def test_spelled_arithmetic_comes_to_the_number_itself(name: str) -> None:
    x, dy = np.array([[-3.5, -0.7], [0.4, 3.2]]), np.array([[0.3, -1.1], [0.6, 2.0]])
    layer, ctx = part(Layer, name, {}), context()
    p = Views(a=np.array([[0.25], [-0.5]])) if name == "prelu" else Views()
    ctx.x = x
    ctx.y = layer.forward(x, p, ctx)
    dx = layer.backward(dy, p, Views(a=np.empty((2, 1))), ctx)
    assert dx is not None
    spelled = 0
    for sample in range(2):
        values = {**vars(p), "x": x[:, sample], "y": ctx.y[:, sample], "dy": dy[:, sample]}
        for index in range(2):
            for quantity, number in (("y", ctx.y[index, sample]), ("x", dx[index, sample])):
                arithmetic = layer.spell(quantity, (index,), values)
                if arithmetic:
                    spelled += 1
                    assert calculate(arithmetic) == pytest.approx(number, rel=2e-5, abs=1e-5)
    # Formulas alone: both of gelu, whose Φ no pocket calculator has, and mish's gradient.
    assert spelled == {"gelu": 0, "mish": 4}.get(name, 8)


def test_exponential_stays_finite() -> None:
    y, dx = both("exponential", np.array([[1000.0]], np.float32), np.ones((1, 1), np.float32))
    np.testing.assert_allclose([y, dx], exp(88), rtol=1e-6)


def test_prelu_by_hand() -> None:
    """Two channels of two numbers, slopes 1/2 and -1."""
    layer, ctx = part(Layer, "prelu", {}), context()
    ctx.x = np.array([[[-2.0], [4.0]], [[-1.0], [-3.0]]])
    dy = np.array([[[1.0], [2.0]], [[3.0], [5.0]]])
    p, g = Views(a=np.array([[0.5], [-1.0]])), Views(a=np.empty((2, 1)))
    np.testing.assert_array_equal(layer.forward(ctx.x, p, ctx), [[[-1], [4]], [[1], [3]]])
    np.testing.assert_array_equal(layer.backward(dy, p, g, ctx), [[[0.5], [2]], [[-3], [-5]]])
    np.testing.assert_array_equal(g.a, [[-2], [-18]])


@pytest.mark.parametrize(
    ("slopes", "shape"), [("channel", (3, 1, 1, 1)), ("one", (1,) * 4), ("each", (3, 2, 4, 1))]
)
def test_prelu_has_autograds_gradients(slopes: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(4)
    x, dy = random.normal(size=(3, 2, 4, 5)), random.normal(size=(3, 2, 4, 5))
    layer, ctx = part(Layer, {"prelu": slopes}, {}), context()
    declared = layer.declare((3, 2, 4)).parameters["a"]
    assert not declared.decays
    a, g = random.normal(size=declared.shape), Views(a=np.full(declared.shape, np.nan))
    ctx.x = x
    ctx.y = layer.forward(x, Views(a=a), ctx)

    def total(x: Any, a: Any) -> Any:
        return anp.sum(dy * anp.where(x > 0, x, anp.reshape(a, shape) * x))

    dx = layer.backward(dy, Views(a=a), g, ctx)
    assert dx is not None
    np.testing.assert_allclose(dx, grad(total, 0)(x, a), rtol=1e-13)
    np.testing.assert_allclose(g.a, grad(total, 1)(x, a), rtol=1e-12, atol=1e-14)


def test_prelu_starts_as_published() -> None:
    network = Network(plan([part(Layer, "prelu", {})], (3, 2, 2)), Quadratic(), Seeds(1))
    network.initialize()
    np.testing.assert_array_equal(network.parameters(0).a, np.full((3, 1), 0.25, np.float32))


@pytest.mark.parametrize("numbers", [7, 20_000])
def test_relu_is_the_same_for_few_and_for_many_numbers(numbers: int) -> None:
    x = np.resize(np.array([-1.5, 0.0, 2.5, np.inf, -np.inf, np.nan, 1e-30], np.float32), (1, numbers))
    y = part(Layer, "relu", {}).forward(x, Views(), LayerContext(np.random.default_rng(0), np.dtype(np.float32)))
    expected = np.resize(np.array([0, 0, 2.5, np.inf, 0, np.nan, 1e-30], np.float32), (1, numbers))
    np.testing.assert_array_equal(y, expected)
