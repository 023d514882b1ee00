"""Optimizers against loops over single numbers, written from the papers' formulas."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.registry import default_resolver
from nnspec.spec.about import part_text
from nnspec.testing.spelling import calculate
from nnspec.types import Array

part = default_resolver().part
Loop = Callable[[float, list[float], float], float]
"""A weight's start, its gradients and a rate to where it ends."""


def taken(entry: object, start: Array, gradients: Array, rate: float, *, decays: bool = True) -> Array:
    """The weights after one step for each row of gradients."""
    optimizer = part(Optimizer, entry, {})
    weights, slots = start.copy(), {name: np.zeros_like(start) for name in optimizer.slots}
    for step, gradient in enumerate(gradients, 1):
        piece = Piece(weights, gradient.copy(), slots, np.full_like(start, np.nan), decays)
        optimizer.update(piece, rate, step)
    return weights


def adagrad(w: float, gradients: list[float], rate: float) -> float:
    """Duchi and others, 2011: the step over the root of the sum of squares."""
    for t in range(1, len(gradients) + 1):
        w -= rate * gradients[t - 1] / (sqrt(sum(g * g for g in gradients[:t])) + 1e-10)
    return w


def rmsprop(w: float, gradients: list[float], rate: float) -> float:
    """Tieleman and Hinton, 2012: MeanSquare = 0.9 MeanSquare + 0.1 g²."""
    square = 0.0
    for g in gradients:
        square = 0.9 * square + 0.1 * g**2
        w -= rate * g / (sqrt(square) + 1e-8)
    return w


def adadelta(w: float, gradients: list[float], rate: float) -> float:
    """Zeiler, 2012, algorithm 1; RMS[x] = √(E[x²] + ε)."""
    rho, epsilon, of_gradients, of_steps = 0.95, 1e-6, 0.0, 0.0
    for g in gradients:
        of_gradients = rho * of_gradients + (1 - rho) * g**2
        step = -sqrt(of_steps + epsilon) / sqrt(of_gradients + epsilon) * g
        of_steps = rho * of_steps + (1 - rho) * step**2
        w += rate * step
    return w


def adam(w: float, gradients: list[float], rate: float, decay: float = 0.0) -> float:
    """Kingma and Ba, 2015, algorithm 1; with decay, Loshchilov and Hutter, 2019, algorithm 2."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w -= rate * ((m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8) + decay * w)
    return w


def nadam(w: float, gradients: list[float], rate: float) -> float:
    """Dozat, 2016, algorithm 2."""
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        ahead = 0.9 * m / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
        w -= rate * ahead / (sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


def radam(w: float, gradients: list[float], rate: float) -> float:
    """Liu and others, 2020, algorithm 2, from a length of 5 on."""
    m = v = 0.0
    longest = 2 / (1 - 0.999) - 1
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        corrected, rho = m / (1 - 0.9**t), longest - 2 * t * 0.999**t / (1 - 0.999**t)
        if rho > 5:
            r = sqrt((rho - 4) * (rho - 2) * longest / ((longest - 4) * (longest - 2) * rho))
            w -= rate * r * corrected / (sqrt(v / (1 - 0.999**t)) + 1e-8)
        else:
            w -= rate * corrected
    return w


def lion(w: float, gradients: list[float], rate: float, decay: float = 0.0) -> float:
    """Chen and others, 2023, algorithm 2."""
    m = 0.0
    for g in gradients:
        c = 0.9 * m + 0.1 * g
        w -= rate * ((c > 0) - (c < 0) + decay * w)
        m = 0.99 * m + 0.01 * g
    return w


def nesterov(w: float, gradients: list[float], rate: float) -> float:
    """Sutskever and others, 2013, written for the points at which gradients are taken."""
    velocity = 0.0
    for g in gradients:
        before, velocity = velocity, 0.9 * velocity - rate * g
        w += -0.9 * before + 1.9 * velocity
    return w


LOOPS: list[tuple[object, Loop]] = [
    ({"adadelta": {}}, adadelta),
    ({"adagrad": 1.0}, adagrad),
    ({"adam": 1.0}, adam),
    ({"adamw": {"learning_rate": 1.0, "decay": 0.3}}, lambda w, g, rate: adam(w, g, rate, 0.3)),
    ({"lion": 1.0}, lion),
    ({"lion": {"learning_rate": 1.0, "decay": 0.3}}, lambda w, g, rate: lion(w, g, rate, 0.3)),
    ({"nadam": 1.0}, nadam),
    ({"nesterov": 1.0}, nesterov),
    ({"radam": 1.0}, radam),
    ({"rmsprop": 1.0}, rmsprop),
]


@pytest.mark.parametrize(("entry", "loop"), LOOPS, ids=[str(entry) for entry, _ in LOOPS])
@pytest.mark.parametrize("steps", [1, 2, 7, 60])
def test_steps_are_those_of_the_published_formula(entry: object, loop: Loop, steps: int) -> None:
    random = np.random.default_rng(5)
    start, gradients = random.normal(size=4), random.normal(size=(steps, 4)) + 0.3
    found = taken(entry, start, gradients, 0.01)
    expected = [loop(w, gradients[:, place].tolist(), 0.01) for place, w in enumerate(start.tolist())]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("entry", "gradients", "expected"),
    [
        # Steps of 3/√9 and 4/√25.
        ({"adagrad": 1.0}, [3.0, 4.0], 1 - 0.1 * (1 + 4 / 5)),
        # v = 4/4 = 1: a step of 2; v = 3/4 + 13/4 = 4: a step of √13/2.
        ({"rmsprop": {"learning_rate": 1.0, "rho": 0.75}}, [2.0, sqrt(13)], 1 - 0.1 * (2 + sqrt(13) / 2)),
        # The first step is the rate, whatever the gradient.
        ({"adam": 1.0}, [-7.0], 1.1),
        ({"adamw": {"learning_rate": 1.0, "decay": 2.0}}, [7.0], 1 - 0.1 - 0.2),
        ({"lion": {"learning_rate": 1.0, "decay": 2.0}}, [1e-3], 1 - 0.1 - 0.2),
        # c = 0.9 · 0.01 · 5 - 0.1 · 0.4 > 0: the mean outweighs the gradient.
        ({"lion": 1.0}, [5.0, -0.4], 1 - 0.2),
        # 9/19 for the mean ahead and 1 for the gradient.
        ({"nadam": 1.0}, [7.0], 1 - 0.1 * (1 + 9 / 19)),
        # Too early to rectify: plain gradients, and the second corrected mean (0.09 + 0.2) / 0.19.
        ({"radam": 1.0}, [1.0, 2.0], 1 - 0.1 * (1 + 0.29 / 0.19)),
        ({"nesterov": {"learning_rate": 1.0, "momentum": 0.5}}, [2.0, 4.0], 1 - 0.1 * (3 + 6.5)),
        # v = 0.1, u = 0: a step of √0.1 / √0.2 at most.
        (
            {"adadelta": {"rho": 0.9, "epsilon": 0.1}},
            [1.0],
            1 - 0.1 * sqrt(0.1) / sqrt(0.2),
        ),
    ],
)
def test_the_first_steps_by_hand(entry: object, gradients: list[float], expected: float) -> None:
    found = taken(entry, np.array([1.0]), np.array(gradients)[:, np.newaxis], 0.1)
    np.testing.assert_allclose(found, [expected], rtol=1e-7)


def test_nesterov_is_momentum_told_to_look_ahead() -> None:
    random = np.random.default_rng(6)
    start, gradients = random.normal(size=5), random.normal(size=(9, 5))
    ahead = {"momentum": {"learning_rate": 1.0, "momentum": 0.8, "nesterov": True}}
    own = {"nesterov": {"learning_rate": 1.0, "momentum": 0.8}}
    np.testing.assert_array_equal(taken(own, start, gradients, 0.1), taken(ahead, start, gradients, 0.1))


def test_every_optimizer_says_whether_decay_is_coupled() -> None:
    for entry in default_resolver().catalogue.entries("optimizers"):
        if entry.distribution == "nnspec":
            text, has_decay = part_text(entry), "decay" in entry.load().model_fields
            assert "is coupled" in text, entry.name
            assert ("decay λ is decoupled" in text) or not has_decay, entry.name


@pytest.mark.parametrize("name", ["adamw", "lion"])
def test_decoupled_decay_spares_what_does_not_decay(name: str) -> None:
    start, gradients = np.array([1.0, -2.0]), np.array([[0.5, 0.5], [0.1, -0.2]])
    decaying = {name: {"learning_rate": 1.0, "decay": 0.3}}
    plain = {name: {"learning_rate": 1.0, "decay": 0.0}}
    spared = taken(decaying, start, gradients, 0.1, decays=False)
    np.testing.assert_array_equal(spared, taken(plain, start, gradients, 0.1))
    assert (taken(decaying, start, gradients, 0.1) != spared).all()


def updated(optimizer: object, regularizer: object | None = None) -> tuple[Array, Array]:
    """Weights and biases of a layer after two steps whose gradients are 0.25 throughout; they start at 2."""
    network = Network(plan([part(Layer, {"dense": 2}, {})], (3,)), Quadratic(), Seeds(1), np.float64)
    penalty = part(Regularizer, regularizer, {}) if regularizer is not None else None
    updates = Updates(network, part(Optimizer, optimizer, {}), penalty)
    p, g = network.parameters(0), network.layout.views(network.gradient)[0]
    p.W[...], p.b[...] = 2, 2
    for _ in range(2):
        g.W[...], g.b[...] = 0.25, 0.25
        updates.apply()
    return p.W.copy(), p.b.copy()


def test_in_a_network_decoupled_decay_shrinks_weights_and_not_biases() -> None:
    W, b = updated({"adamw": {"learning_rate": 0.1, "decay": 0.5}})
    # Gradients that never change move by the rate: 2 · 0.95 - 0.1 = 1.8, then 1.8 · 0.95 - 0.1.
    np.testing.assert_allclose(W, 1.61, rtol=1e-6)
    np.testing.assert_allclose(b, 1.8, rtol=1e-6)


def test_coupled_decay_is_scaled_away_by_adam_and_decoupled_is_not() -> None:
    """What distinguishes the two: a penalty's gradient is normalized like any other."""
    coupled, _ = updated({"adam": 0.1}, {"l2": 0.5})
    without, _ = updated({"adam": 0.1})
    decoupled, _ = updated({"adamw": {"learning_rate": 0.1, "decay": 0.5}})
    np.testing.assert_allclose(without, 1.8, rtol=1e-6)
    assert np.abs(coupled - without).max() < 0.01
    assert np.abs(decoupled - without).min() > 0.18


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("entry", [entry for entry, _ in LOOPS], ids=str)
def test_thousands_of_steps_come_to_rest_at_the_minimum(entry: Any, dtype: Any) -> None:
    """On Σ (w - 1)² / 2; what decays rests a little nearer to 0."""
    optimizer = part(Optimizer, entry, {})
    weights = np.array([-1.0, 0.0, 3.0], dtype)
    slots = {name: np.zeros_like(weights) for name in optimizer.slots}
    scratch, steps = np.empty_like(weights), 4000
    ends = {"adagrad": 0.5, "adadelta": 1.0, "nesterov": 0.01}
    (name,) = entry
    for step in range(1, steps + 1):
        rate = ends.get(name, 0.02) * (1 - (step - 1) / steps)
        optimizer.update(Piece(weights, weights - dtype(1), slots, scratch), rate, step)
    decays = bool(entry[name]) and isinstance(entry[name], dict)
    assert weights.dtype == dtype
    np.testing.assert_allclose(weights, 1, atol=0.35 if decays else 0.02)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "radam"])
def test_means_of_gradients_that_have_become_0_do_not_linger_below_the_smallest_normal_number(
    name: str, dtype: Any
) -> None:
    optimizer = part(Optimizer, {name: 0.1}, {})
    weights, slots = np.zeros(2, dtype), {name: np.zeros(2, dtype) for name in optimizer.slots}
    smallest, steps = np.finfo(dtype).smallest_normal, 8000
    lingering = 0
    gradient = np.ones(2, dtype)
    for step in range(1, steps + 1):
        optimizer.update(Piece(weights, gradient.copy(), slots, np.empty_like(weights)), 0.0, step)
        # The second one goes on: it is left as it is.
        gradient[0] = 0.0
        lingering += 0 < slots["mean"][0] < smallest
    assert slots["mean"][0] == 0
    assert lingering < 64
    np.testing.assert_allclose(slots["mean"][1], 1, rtol=1e-5)


@pytest.mark.parametrize("entry", [entry for entry, _ in LOOPS], ids=str)
def test_the_first_update_is_spelled_out(entry: Any) -> None:
    optimizer = part(Optimizer, entry, {})
    found = taken(entry, np.array([0.75]), np.array([[-0.4]]), 0.2)
    arithmetic = optimizer.spell(0.75, -0.4, 0.2)
    assert bool(arithmetic) == (type(optimizer).__name__ not in {"AdamW", "Lion"})
    if arithmetic:
        assert calculate(arithmetic) == pytest.approx(found[0], rel=1e-5)
