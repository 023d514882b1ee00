"""rnn, lstm and gru: worked by hand, against autograd, cut short, read backwards, and without waste."""

import tracemalloc
from collections.abc import Callable
from math import atanh, log, tanh
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from autograd.tracer import getval
from pydantic import ValidationError

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.parameters import Layout, Views
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.errors import ShapeError
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.registry import default_resolver
from nnspec.testing import check_layer, check_refusal
from nnspec.types import Array

part = default_resolver().part
CELLS = ["rnn", "lstm", "gru"]


def passed(layer: Layer, x: Array, dy: Array, **parameters: Array) -> tuple[Array, Array, dict[str, Array]]:
    """Output, input's gradient and parameters' gradients of one step in float64."""
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float64), training=True)
    p, g = Views(**parameters), Views(**{name: np.full_like(array, np.nan) for name, array in parameters.items()})
    ctx.x = x
    ctx.y = layer.forward(x, p, ctx)
    dx = layer.backward(dy, p, g, ctx)
    assert dx is not None
    return ctx.y, dx, vars(g)


def drawn(layer: Layer, shape: tuple[int, int], batch: int) -> tuple[Array, Array, dict[str, Array]]:
    """An input, a gradient by the output and parameters."""
    random, declaration = np.random.default_rng(5), layer.declare(shape)
    parameters = {name: random.normal(size=wanted.shape) for name, wanted in declaration.parameters.items()}
    return random.normal(size=(*shape, batch)), random.normal(size=(*declaration.output, batch)), parameters


def sequence(*values: float) -> Array:
    """One sample of one feature, (T, 1, 1)."""
    return np.array(values).reshape(-1, 1, 1)


def test_rnn_over_three_steps_by_hand() -> None:
    rnn = part(Layer, {"rnn": {"units": 1, "activation": "relu"}}, {})
    p = {"W": np.array([[2.0]]), "R": np.array([[0.5]]), "b": np.array([[-1.0]])}
    # h: 2 - 1 = 1; 2 + 0.5 - 1 = 1.5; 4 + 0.75 - 1 = 3.75.  da, last first: 1, 0.5, 0.25.
    y, dx, g = passed(rnn, sequence(1, 1, 2), np.ones((1, 1)), **p)
    np.testing.assert_array_equal(y, [[3.75]])
    np.testing.assert_array_equal(dx, sequence(0.5, 1, 2))
    # W: 0.25 · 1 + 0.5 · 1 + 1 · 2; R: 0.5 · 1 + 1 · 1.5; b: 0.25 + 0.5 + 1.
    assert (g["W"].item(), g["R"].item(), g["b"].item()) == (2.75, 2.0, 1.75)


def test_truncated_every_two_steps_the_first_of_three_learns_nothing() -> None:
    rnn = part(Layer, {"rnn": {"units": 1, "activation": "relu", "truncate": 2}}, {})
    p = {"W": np.array([[2.0]]), "R": np.array([[0.5]]), "b": np.array([[-1.0]])}
    # As above without da = 0.25 of the first step; its state still counts in R's gradient.
    y, dx, g = passed(rnn, sequence(1, 1, 2), np.ones((1, 1)), **p)
    np.testing.assert_array_equal(y, [[3.75]])
    np.testing.assert_array_equal(dx, sequence(0, 1, 2))
    assert (g["W"].item(), g["R"].item(), g["b"].item()) == (2.5, 2.0, 1.5)


def test_lstm_over_two_steps_by_hand() -> None:
    lstm = part(Layer, {"lstm": 1}, {})
    # i = 3/4, o = 1/2, f = 4/5, g = 1/2 at both steps; c = 0.375, then 0.8 · 0.375 + 0.375 = 0.675.
    b = np.array([[log(3)], [0], [log(4)], [atanh(0.5)]])
    y, dx, g = passed(lstm, sequence(3, -2), np.ones((1, 1)), W=np.zeros((4, 1)), R=np.zeros((4, 1)), b=b)
    h, before = tanh(0.675) / 2, tanh(0.375) / 2
    np.testing.assert_allclose(y, [[h]], rtol=1e-14)
    assert not dx.any()
    # dc = (1 - tanh²) / 2 at the second step, 0.8 of it at the first; slopes of i, f and g: 3/16, 4/25, 3/4.
    dc = (1 - 4 * h * h) / 2
    second = [dc / 2 * 3 / 16, tanh(0.675) / 4, dc * 0.375 * 4 / 25, dc * 3 / 4 * 3 / 4]
    first = [0.8 * second[0], 0, 0, 0.8 * second[3]]
    np.testing.assert_allclose(g["b"][:, 0], np.add(first, second), rtol=1e-13)
    np.testing.assert_allclose(g["W"][:, 0], np.dot(3, first) + np.dot(-2, second), rtol=1e-13)
    np.testing.assert_allclose(g["R"][:, 0], np.dot(before, second), rtol=1e-13)


def test_gru_over_two_steps_by_hand_where_the_reset_comes_after() -> None:
    gru = part(Layer, {"gru": {"units": 1, "sequences": True}}, {})
    # z = 3/4, r = 1/2, n = tanh(½ s) = 1/2, as R and W are 0; h = 1/4 · 1/2, then 1/8 + 3/4 · 1/8.
    b, s = np.array([[log(3)], [0], [0]]), np.array([[log(3)]])
    dy = sequence(0, 1)
    y, _, g = passed(gru, sequence(3, -2), dy, W=np.zeros((3, 1)), R=np.zeros((3, 1)), b=b, s=s)
    np.testing.assert_allclose(y, sequence(0.125, 0.21875), rtol=1e-14)
    # dn = 1/4 · 3/4 at the second step and 3/4 of it at the first; half of it reaches s.
    np.testing.assert_allclose(g["b"][2], 0.1875 * 1.75, rtol=1e-14)
    np.testing.assert_allclose(g["s"], [[0.1875 * 1.75 / 2]], rtol=1e-14)
    # dz: (h - n) = -1/2 and 3/4 of it, then 1/8 - 1/2 = -3/8, each times the slope 3/16.
    np.testing.assert_allclose(g["b"][0], 3 / 16 * (-0.5 * 0.75 - 0.375), rtol=1e-14)
    # dr: dn · s · 1/4.
    np.testing.assert_allclose(g["b"][1], 0.1875 * 1.75 * log(3) / 4, rtol=1e-14)


def test_gru_over_two_steps_by_hand_where_the_reset_comes_before() -> None:
    gru = part(Layer, {"gru": {"units": 1, "reset": "before"}}, {})
    R, b = np.array([[0], [0], [8.0]]), np.array([[log(3)], [0], [atanh(0.5)]])
    # h = 1/4 · 1/2 = 1/8; then n = tanh(atanh ½ + 8 · ½ · ⅛) and h = n / 4 + 3/4 · 1/8.
    y, _, g = passed(gru, sequence(3, -2), np.ones((1, 1)), W=np.zeros((3, 1)), R=R, b=b)
    n = tanh(atanh(0.5) + 0.5)
    np.testing.assert_allclose(y, [[n / 4 + 3 / 32]], rtol=1e-14)
    # Gradient of R's last row: dn times r h = 1/16.
    np.testing.assert_allclose(g["R"][2], (1 - n * n) / 4 / 16, rtol=1e-13)


def logistic(a: Any) -> Any:
    return 1 / (1 + anp.exp(-a))


def rnn_step(state: Any, a: Any, p: dict[str, Any]) -> Any:
    h = anp.tanh(a + anp.dot(p["R"], state[0]))
    return (h,)


def relu_step(state: Any, a: Any, p: dict[str, Any]) -> Any:
    return (anp.maximum(0, a + anp.dot(p["R"], state[0])),)


def lstm_step(state: Any, a: Any, p: dict[str, Any]) -> Any:
    H = len(state[0])
    a = a + anp.dot(p["R"], state[0])
    c = logistic(a[2 * H : 3 * H]) * state[1] + logistic(a[:H]) * anp.tanh(a[3 * H :])
    return logistic(a[H : 2 * H]) * anp.tanh(c), c


def gru_step(state: Any, a: Any, p: dict[str, Any]) -> Any:
    (h,) = state
    H, q = len(h), anp.dot(p["R"], h)
    z, r = logistic(a[:H] + q[:H]), logistic(a[H : 2 * H] + q[H : 2 * H])
    return ((1 - z) * anp.tanh(a[2 * H :] + r * (q[2 * H :] + p.get("s", 0.0))) + z * h,)


def gru_before_step(state: Any, a: Any, p: dict[str, Any]) -> Any:
    (h,) = state
    H, q = len(h), anp.dot(p["R"], h)
    z, r = logistic(a[:H] + q[:H]), logistic(a[H : 2 * H] + q[H : 2 * H])
    return ((1 - z) * anp.tanh(a[2 * H :] + anp.dot(p["R"][2 * H :], r * h)) + z * h,)


def unrolled(step: Callable[..., Any], x: Any, p: dict[str, Any], units: int, truncate: int | None) -> list[Any]:
    """h after each step, with constants for states that no gradient may pass."""
    steps, batch = len(x), x.shape[-1]
    state: Any = (anp.zeros((units, batch)),) * (2 if step is lstm_step else 1)
    states = []
    for place in range(steps):
        if truncate and (steps - place) % truncate == 0:
            state = tuple(getval(array) for array in state)
        state = step(state, anp.dot(p["W"], x[place]) + p.get("b", 0.0), p)
        states.append(state[0])
    return states


VARIANTS = [
    (rnn_step, {"rnn": {"units": 3}}),
    (rnn_step, {"rnn": {"units": 3, "truncate": 3, "sequences": True, "bias": False}}),
    (relu_step, {"rnn": {"units": 3, "activation": "relu", "bidirectional": True}}),
    (lstm_step, {"lstm": {"units": 3}}),
    (lstm_step, {"lstm": {"units": 2, "sequences": True, "bidirectional": True}}),
    (lstm_step, {"lstm": {"units": 2, "truncate": 2}}),
    (lstm_step, {"lstm": {"units": 2, "truncate": 3, "sequences": True, "bidirectional": True, "bias": False}}),
    (gru_step, {"gru": {"units": 3}}),
    (gru_step, {"gru": {"units": 3, "sequences": True, "bidirectional": True, "truncate": 1}}),
    (gru_step, {"gru": {"units": 2, "bias": False}}),
    (gru_before_step, {"gru": {"units": 3, "reset": "before"}}),
    (
        gru_before_step,
        {"gru": {"units": 2, "reset": "before", "sequences": True, "bidirectional": True, "truncate": 2}},
    ),
]


@pytest.mark.parametrize(
    ("step", "entry"), VARIANTS, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
@pytest.mark.parametrize(("steps", "batch"), [(1, 4), (5, 1), (7, 3)])
def test_values_and_gradients_are_autograds(step: Any, entry: Any, steps: int, batch: int) -> None:
    layer: Any = part(Layer, entry, {})
    x, dy, parameters = drawn(layer, (steps, 4), batch)

    def output(x: Any, parameters: dict[str, Any]) -> Any:
        own = {name: array for name, array in parameters.items() if not name.endswith("_reverse")}
        states = [unrolled(step, x, own, layer.units, layer.truncate)]
        if layer.bidirectional:
            other = {name.removesuffix("_reverse"): parameters[name] for name in set(parameters) - set(own)}
            states.append(unrolled(step, x[::-1], other, layer.units, layer.truncate))
        if not layer.sequences:
            return anp.concatenate([each[-1] for each in states])
        in_time = [states[0], *(each[::-1] for each in states[1:])]
        return anp.stack([anp.concatenate(both) for both in zip(*in_time, strict=True)])

    y, dx, g = passed(layer, x, dy, **parameters)
    np.testing.assert_allclose(y, output(x, parameters), rtol=1e-12, atol=1e-13)
    by_x, by_parameters = (grad(lambda *at: anp.sum(dy * output(*at)), place)(x, parameters) for place in (0, 1))
    np.testing.assert_allclose(dx, by_x, rtol=1e-10, atol=1e-12)
    assert set(g) == set(by_parameters)
    for name, expected in by_parameters.items():
        np.testing.assert_allclose(g[name], expected, rtol=1e-10, atol=1e-12, err_msg=name)


def test_rnn_of_rectifiers_keeps_the_contract() -> None:
    check_layer(part(Layer, {"rnn": {"units": 2, "activation": "relu"}}, {}), (2, 3), batch=2)


@pytest.mark.parametrize("cell", CELLS)
def test_the_last_of_all_states_is_the_state_of_many_to_one(cell: str) -> None:
    many, one = (part(Layer, {cell: {"units": 3, "sequences": yes}}, {}) for yes in (True, False))
    x, dy, parameters = drawn(many, (6, 2), 4)
    assert many.declare((6, 2)).output == (6, 3)
    assert one.declare((6, 2)).output == (3,)
    states, _, _ = passed(many, x, dy, **parameters)
    last, _, _ = passed(one, x, dy[-1], **parameters)
    np.testing.assert_array_equal(last, states[-1])


@pytest.mark.parametrize("cell", CELLS)
def test_the_second_direction_is_the_first_on_the_sequence_turned_round(cell: str) -> None:
    options = {"units": 3, "sequences": True}
    both, one = part(Layer, {cell: {**options, "bidirectional": True}}, {}), part(Layer, {cell: options}, {})
    x, dy, parameters = drawn(both, (5, 2), 4)
    assert both.declare((5, 2)).output == (5, 6)
    y, _, _ = passed(both, x, dy, **parameters)
    names = [name for name in parameters if name.endswith("_reverse")]
    turned = {name.removesuffix("_reverse"): parameters[name] for name in names}
    expected, _, _ = passed(one, x[::-1], dy[:, 3:], **turned)
    np.testing.assert_allclose(y[:, 3:], expected[::-1], rtol=1e-13)


def test_a_fresh_lstm_remembers_and_each_gates_recurrent_weights_are_orthogonal() -> None:
    nodes = plan([part(Layer, {"lstm": 8}, {})], (5, 3))
    layout = Layout(nodes)
    flat = np.zeros(layout.size)
    layout.initialize(flat, Seeds(1))
    (p,) = layout.views(flat)
    np.testing.assert_array_equal(p.b[:, 0], [0] * 16 + [1] * 8 + [0] * 8)
    for gate in np.split(p.R, 4):
        np.testing.assert_allclose(gate @ gate.T, np.eye(8), atol=1e-12)
    # Glorot's bound for one gate of 8 rows and 3 columns, not for the block of 32 rows.
    assert 0.8 * (6 / 11) ** 0.5 < np.abs(p.W).max() <= (6 / 11) ** 0.5


def test_biases_do_not_decay_and_forget_bias_is_an_option() -> None:
    layer = part(Layer, {"lstm": {"units": 2, "forget_bias": -0.5, "biases": {"constant": 0.25}}}, {})
    biases = layer.declare((4, 3)).parameters["b"]
    out = np.empty((8, 1))
    biases.initializer.fill(out, 3, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(out[:, 0], [0.25] * 4 + [-0.25] * 2 + [0.25] * 2)
    assert not biases.decays


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((12,), "insert `reshape: [12, 1]` before it, or `embedding` where the numbers are codes"),
        ((1, 28, 20), "insert `reshape: [28, 20]` before it"),
        ((3, 8, 8), "insert `reshape: [3, 64]` before it"),
    ],
)
def test_what_is_no_sequence_is_refused_with_the_layer_to_insert(
    cell: str, shape: tuple[int, ...], hint: str
) -> None:
    layer = part(Layer, {cell: 3}, {})
    check_refusal(layer, shape)
    with pytest.raises(ShapeError, match=f"{cell} takes sequences, steps x features, not") as caught:
        layer.declare(shape)
    assert hint in caught.value.hint


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [0, {"units": 3, "truncate": 0}, {"units": 3, "sequences": "all"}, {}])
def test_options_out_of_range_are_refused(cell: str, options: Any) -> None:
    with pytest.raises(ValidationError):
        part(Layer, {cell: options}, {})


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_makes_no_new_arrays(cell: str) -> None:
    layers = [
        part(Layer, {cell: {"units": 32, "sequences": True, "bidirectional": True}}, {}),
        part(Layer, {cell: 32}, {}),
    ]
    network = Network(plan(layers, (20, 16)), Quadratic(), Seeds(1))
    network.initialize()
    # As batches come: stored samples first.
    x = np.random.default_rng(1).normal(size=(64, 20, 16)).astype(np.float32).transpose(1, 2, 0)
    t = np.zeros((32, 64), np.float32)
    for _ in range(2):  # In the second step views are kept for all that follow.
        network.forward(x, training=True)
        network.backward(t)
    tracemalloc.start()
    try:
        network.forward(x, training=True)
        network.backward(t)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # An array of all states is 20 · 32 · 64 · 4 = 163,840 bytes; NumPy's loops buffer up to 8,192 numbers.
    assert peak < 100_000


def test_lstm_learns_which_of_two_marks_came_first() -> None:
    """The marks lie up to nine steps before the end: nothing but memory tells them apart."""
    random = np.random.default_rng(4)
    x, t = np.zeros((10, 2, 64)), np.zeros((1, 64))
    for sample in range(64):
        first, second = sorted(random.choice(10, 2, replace=False))
        mark = int(random.integers(2))
        x[first, mark, sample] = x[second, 1 - mark, sample] = 1
        t[0, sample] = mark
    layers = [part(Layer, entry, {}) for entry in ({"lstm": 8}, {"dense": 1})]
    network = Network(plan(layers, (10, 2)), Quadratic(), Seeds(2), np.float64)
    network.initialize()
    mean, square = np.zeros_like(network.weights), np.zeros_like(network.weights)
    for _ in range(150):
        network.forward(x, training=True)
        network.backward(t)
        mean += 0.1 * (network.gradient - mean)
        square += 0.1 * (network.gradient**2 - square)
        network.weights -= 0.03 * mean / (np.sqrt(square) + 1e-8)
    right = (network.forward(x) > 0.5) == (t == 1)
    assert right.mean() == 1
