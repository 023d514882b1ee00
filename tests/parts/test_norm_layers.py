"""Normalization layers: worked by hand, against the autograd library, and what they keep from step to step."""

from collections.abc import Callable
from functools import partial
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.crew import Crew
from nnspec.engine.meeting import Meeting, Seat
from nnspec.engine.parameters import Views
from nnspec.engine.shards import cut
from nnspec.errors import ShapeError
from nnspec.registry import default_resolver
from nnspec.testing import check_refusal
from nnspec.types import Array, Shape

part = default_resolver().part


def column(*values: float) -> Array:
    return np.array(values, float)[:, np.newaxis]


def context(state: Views | None = None, *, training: bool = True) -> LayerContext:
    return LayerContext(np.random.default_rng(0), np.dtype(np.float64), training=training, state=state)


def start(entry: object, shape: Shape) -> tuple[Layer, Views, Views]:
    """A layer with its parameters and its state as it starts out."""
    layer = part(Layer, entry, {})
    declaration = layer.declare(shape)
    p = {}
    for name, parameter in declaration.parameters.items():
        p[name] = np.empty(parameter.shape)
        parameter.initializer.fill(p[name], 1, 1, np.random.default_rng(0))
    state = {name: np.full(state.shape, state.fill) for name, state in declaration.state.items()}
    return layer, Views(**p), Views(**state)


def test_batch_norm_in_training_and_outside_it() -> None:
    layer, p, state = start({"batch_norm": {"epsilon": 3.0, "momentum": 0.75}}, (2,))
    p.gamma[...] = column(2, 1)
    p.beta[...] = column(10, 0)
    # The first channel has mean 3 and variance 1, so x̂ = ±1 / √(1 + 3); the second mean 0 and variance 6.
    x = np.array([[2.0, 4.0, 2.0, 4.0], [3.0, -3.0, np.sqrt(3), -np.sqrt(3)]])
    y = layer.forward(x, p, context(state))
    np.testing.assert_allclose(y[0], [9, 11, 9, 11], rtol=1e-15)
    np.testing.assert_allclose(y[1], x[1] / 3, rtol=1e-15)
    # A quarter of the way from 0 and 1.
    np.testing.assert_allclose(state.mean, column(0.75, 0), atol=1e-15)
    np.testing.assert_allclose(state.variance, column(1, 0.75 + 6 / 4), rtol=1e-15)
    y = layer.forward(np.array([[0.75], [1.0]]), p, context(state, training=False))
    np.testing.assert_allclose(y, column(10, 1 / np.sqrt(5.25)), rtol=1e-15)


def test_batch_norm_starts_out_by_leaving_numbers_alone_and_comes_to_know_them() -> None:
    layer, p, state = start({"batch_norm": {"epsilon": 1e-12}}, (2, 3, 3))
    random = np.random.default_rng(1)
    x = random.normal(3, 2, size=(2, 3, 3, 50))
    np.testing.assert_allclose(layer.forward(x, p, context(state, training=False)), x, rtol=1e-11)
    ctx = context(state)
    for _ in range(200):
        layer.forward(x, p, ctx)
    np.testing.assert_allclose(state.mean[:, 0], x.mean(axis=(1, 2, 3)), rtol=1e-7)
    np.testing.assert_allclose(state.variance[:, 0], x.var(axis=(1, 2, 3)), rtol=1e-7)
    y = layer.forward(x, p, context(state, training=False))
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3)), 0, atol=1e-7)
    np.testing.assert_allclose(y.std(axis=(1, 2, 3)), 1, rtol=1e-7)


def test_layer_norm_of_three_numbers() -> None:
    layer, p, _ = start({"layer_norm": {"epsilon": 2.0}}, (3,))
    p.gamma[...] = column(1, 2, 3)
    p.beta[...] = column(0, 0, 1)
    # Mean 4 and variance (4 + 1 + 1) / 3 = 2, so x̂ = (2, -1, -1) / 2.
    y = layer.forward(column(6, 3, 3), p, context())
    np.testing.assert_allclose(y, column(1, -1, -0.5), rtol=1e-15)


def test_layer_norm_takes_each_step_of_a_sequence_on_its_own() -> None:
    layer, p, _ = start("layer_norm", (5, 8))
    x = np.random.default_rng(2).normal(2, 3, size=(5, 8, 4))
    y = layer.forward(x, p, context())
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-4)


def test_layer_norm_and_group_norm_spell_out_what_they_divide_by() -> None:
    x, scales = np.array([1.0, 3.0, -2.0, 2.0]), np.ones((4, 1))
    values = {"x": x, "gamma": 2 * scales, "beta": -scales}
    of_all = part(Layer, {"layer_norm": {"epsilon": 0.5}}, {}).spell("y", (2,), values)
    assert of_all == "2·(-2 - 1) / √(3.5 + 0.5) + (-1)"
    of_two = part(Layer, {"group_norm": {"groups": 2, "epsilon": 0.5}}, {}).spell("y", (1,), values)
    assert of_two == "2·(3 - 2) / √(1 + 0.5) + (-1)"
    plain = part(Layer, {"group_norm": {"groups": 2, "affine": False}}, {}).spell("y", (3,), values)
    assert plain == "(2 - 0) / √(4 + 1e-05)"


def test_group_norm_of_two_groups() -> None:
    layer, p, _ = start({"group_norm": {"groups": 2, "epsilon": 3.0}}, (4,))
    # The groups (1, 3) and (5, -5): means 2 and 0, variances 1 and 25.
    y = layer.forward(column(1, 3, 5, -5), p, context())
    np.testing.assert_allclose(y, column(-0.5, 0.5, 5 / np.sqrt(28), -5 / np.sqrt(28)), rtol=1e-15)


def normalized(x: Any, axes: tuple[int, ...], epsilon: float = 1e-5) -> Any:
    mean = anp.mean(x, axis=axes, keepdims=True)
    return (x - mean) / anp.sqrt(anp.mean((x - mean) ** 2, axis=axes, keepdims=True) + epsilon)


def beside(parameter: Any, dimensions: int) -> Any:
    """γ or β (C, 1) for images."""
    return anp.reshape(parameter, (-1, *(1 for _ in range(dimensions - 1))))


def in_groups(x: Any, groups: int) -> Any:
    return anp.reshape(normalized(anp.reshape(x, (groups, -1, x.shape[-1])), (1,)), x.shape)


def sequence_in_groups(x: Any, groups: int) -> Any:
    steps, features, batch = x.shape
    return anp.reshape(normalized(anp.reshape(x, (steps, groups, features // groups, batch)), (0, 2)), x.shape)


FORMULAS: list[tuple[Any, Shape, Callable[..., Any]]] = [
    ("batch_norm", (4,), lambda x, g, b: g * normalized(x, (1,)) + b),
    ("batch_norm", (5, 4), lambda x, g, b: g * normalized(x, (0, 2)) + b),
    ("batch_norm", (2, 3, 4), lambda x, g, b: beside(g, 4) * normalized(x, (1, 2, 3)) + beside(b, 4)),
    ({"batch_norm": {"affine": False, "epsilon": 0.5}}, (2, 3, 4), lambda x: normalized(x, (1, 2, 3), 0.5)),
    ("layer_norm", (4,), lambda x, g, b: g * normalized(x, (0,)) + b),
    ("layer_norm", (5, 4), lambda x, g, b: g * normalized(x, (1,)) + b),
    ("layer_norm", (2, 3, 4), lambda x, g, b: g * normalized(x, (0, 1, 2)) + b),
    ({"layer_norm": {"affine": False, "epsilon": 0.5}}, (2, 3, 4), lambda x: normalized(x, (0, 1, 2), 0.5)),
    ({"group_norm": 2}, (6,), lambda x, g, b: g * in_groups(x, 2) + b),
    ({"group_norm": 3}, (5, 6), lambda x, g, b: g * sequence_in_groups(x, 3) + b),
    ({"group_norm": 2}, (4, 3, 2), lambda x, g, b: beside(g, 4) * in_groups(x, 2) + beside(b, 4)),
    ({"group_norm": {"groups": 1, "affine": False}}, (4, 3, 2), lambda x: in_groups(x, 1)),
]


@pytest.mark.parametrize("batch", [2, 7])
@pytest.mark.parametrize(("entry", "shape", "formula"), FORMULAS)
def test_a_layer_has_autograds_values_and_gradients(
    entry: object, shape: Shape, formula: Callable[..., Any], batch: int
) -> None:
    random = np.random.default_rng(8)
    layer, _, state = start(entry, shape)
    x, dy = random.normal(1, 2, size=(*shape, batch)), random.normal(size=(*shape, batch))
    declared = layer.declare(shape).parameters
    parameters = {name: random.normal(size=made.shape) for name, made in declared.items()}
    p, g, ctx = (
        Views(**parameters),
        Views(**{k: np.full_like(v, np.nan) for k, v in parameters.items()}),
        context(state),
    )
    ctx.x = x
    ctx.y = layer.forward(x, p, ctx)
    given = (x, *parameters.values())
    np.testing.assert_allclose(ctx.y, formula(*given), rtol=1e-10, atol=1e-12)
    dx = layer.backward(dy, p, g, ctx)
    for place, found in enumerate([dx, *(getattr(g, name) for name in parameters)]):
        expected = grad(lambda *at: anp.sum(dy * formula(*at)), place)(*given)
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("entry", ["batch_norm", "layer_norm", {"group_norm": 2}])
def test_scales_start_at_one_offsets_at_zero_and_neither_decays(entry: object) -> None:
    layer, p, _ = start(entry, (4, 3, 3))
    assert (p.gamma == 1).all()
    assert (p.beta == 0).all()
    assert not any(parameter.decays for parameter in layer.declare((4, 3, 3)).parameters.values())


@pytest.mark.parametrize(
    ("entry", "shape", "message", "hint"),
    [
        ("batch_norm", (), "needs channels", "layer before it"),
        ("layer_norm", (1,), "over a single number, of 1, always answers 0", "take it out"),
        ("layer_norm", (7, 1), "over a single number, of 7 x 1", "take it out"),
        ({"group_norm": 3}, (8, 2, 2), "3 groups do not divide 8 channels evenly", "1, 2, 4, 8"),
        ({"group_norm": 2}, (), "needs channels", "layer before it"),
        ({"group_norm": 8}, (8,), "over single numbers, 8 groups of 8", "fewer groups"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_with_what_to_do(
    entry: object, shape: Shape, message: str, hint: str
) -> None:
    layer = part(Layer, entry, {})
    check_refusal(layer, shape)
    with pytest.raises(ShapeError) as caught:
        layer.declare(shape)
    assert message in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"batch_norm": {"momentum": 1.0}}, "less than 1"),
        ({"batch_norm": {"epsilon": 0.0}}, "greater than 0"),
        ({"group_norm": 0}, "greater than 0"),
        ("group_norm", "Field required"),
    ],
)
def test_an_option_out_of_range_is_refused(entry: object, message: str) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        part(Layer, entry, {})
    assert message in str(caught.value)


@pytest.mark.parametrize(("mean", "tolerance"), [(0.0, 1e-12), (1e4, 1e-9), (1e6, 1e-7)])
@pytest.mark.parametrize("shards", [2, 3])
def test_batch_norm_in_shards_is_as_exact_as_in_one_where_means_are_large(
    shards: int, mean: float, tolerance: float
) -> None:
    random = np.random.default_rng(1)
    x, dy = mean + random.normal(size=(4, 31)), random.normal(size=(4, 31))
    # Taken from numbers that have lost no digits: the same batch around 0.
    centred = x - mean
    deviation = np.sqrt(centred.var(axis=1, keepdims=True) + 1e-5)
    expected = (centred - centred.mean(axis=1, keepdims=True)) / deviation
    meeting, layer = Meeting(shards), part(Layer, {"batch_norm": {"affine": False}}, {})

    def run(place: slice, seat: Seat) -> tuple[Array, Array, Array]:
        state = Views(mean=np.zeros((4, 1)), variance=np.ones((4, 1)))
        share = (place.stop - place.start) / 31
        ctx = LayerContext(random, np.dtype(np.float64), training=True, state=state, share=share, seat=seat)
        ctx.x = x[:, place]
        ctx.y = layer.forward(ctx.x, Views(), ctx)
        dx = layer.backward(dy[:, place], Views(), Views(), ctx)
        assert dx is not None
        return ctx.y, dx, state.variance

    tasks = [partial(run, *one) for one in zip(cut(31, shards), meeting.seats, strict=True)]
    found = Crew(shards).run(tasks, meeting.give_up)
    y, dx = (np.concatenate([one[number] for one in found], axis=1) for number in (0, 1))
    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance)
    slope = (dy * expected).mean(axis=1, keepdims=True)
    np.testing.assert_allclose(
        dx, (dy - dy.mean(axis=1, keepdims=True) - expected * slope) / deviation, rtol=0, atol=tolerance
    )
    for _, _, variance in found:
        np.testing.assert_allclose(variance, 0.9 + 0.1 * centred.var(axis=1, keepdims=True), rtol=10 * tolerance)
