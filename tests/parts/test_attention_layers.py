"""attention and positional: worked by hand, against autograd and ONNX's reference, and refusals."""

from math import log
from typing import Any, cast

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from onnx.helper import make_node
from onnx.reference import ReferenceEvaluator

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.errors import ShapeError
from nnspec.registry import default_resolver
from nnspec.testing import check_refusal
from nnspec.types import Array

part = default_resolver().part


def context(x: Array) -> LayerContext:
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float64), training=True)
    ctx.x = x
    return ctx


def drawn(layer: Layer, steps: int, features: int, batch: int) -> tuple[Array, Array, dict[str, Array]]:
    random, declaration = np.random.default_rng(6), layer.declare((steps, features))
    parameters = {name: random.normal(size=wanted.shape) for name, wanted in declaration.parameters.items()}
    x, dy = random.normal(size=(2, steps, features, batch))
    return x, dy, parameters


HAND = {
    "W": np.array([[0.0], [log(3)], [4.0]]),
    "b": np.array([[1.0], [0.0], [0.0]]),
    "O": np.array([[2.0]]),
    "o": np.array([[0.5]]),
}


def test_attention_over_two_steps_by_hand() -> None:
    attention = part(Layer, "attention", {})
    x = np.array([0.0, 1.0]).reshape(2, 1, 1)
    # q = 1 at both steps, k = 0 and log 3, v = 0 and 4: weights 1/4 and 3/4, a mean of 3, y = 2 · 3 + 0.5.
    ctx = context(x)
    y = attention.forward(x, Views(**HAND), ctx)
    np.testing.assert_allclose(y[:, 0, 0], [6.5, 6.5], rtol=1e-14)
    g = Views(**{name: np.full_like(array, np.nan) for name, array in HAND.items()})
    dx = attention.backward(np.array([1.0, 0.0]).reshape(2, 1, 1), Views(**HAND), g, ctx)
    assert dx is not None
    # dm = 2, dv = ½ and 3/2, dA = 0 and 8, dS = ¼ (0 - 6) and ¾ (8 - 6); dk = dS, dq = log 3 · 3/2.
    np.testing.assert_allclose((g.O.item(), g.o.item()), (3.0, 1.0), rtol=1e-14)
    np.testing.assert_allclose(g.b[:, 0], [1.5 * log(3), 0, 2], rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(g.W[:, 0], [0, 1.5, 1.5], rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(dx[:, 0, 0], [-1.5 * log(3) + 2, 1.5 * log(3) + 6], rtol=1e-14)


def test_attention_that_is_causal_shows_the_first_step_nothing_but_itself() -> None:
    attention = part(Layer, {"attention": {"causal": True}}, {})
    x = np.array([0.0, 1.0]).reshape(2, 1, 1)
    np.testing.assert_allclose(attention.forward(x, Views(**HAND), context(x))[:, 0, 0], [0.5, 6.5], rtol=1e-14)


@pytest.mark.parametrize(
    "options", [{"heads": 1}, {"heads": 3}, {"heads": 2, "causal": True}, {"heads": 6, "bias": False}]
)
@pytest.mark.parametrize(("steps", "batch"), [(1, 3), (5, 1), (4, 2)])
def test_attention_has_autograds_values_and_gradients(options: dict[str, Any], steps: int, batch: int) -> None:
    layer = part(Layer, {"attention": options}, {})
    x, dy, parameters = drawn(layer, steps, 6, batch)
    hidden = np.triu(np.full((steps, steps), -1e30), 1) if options.get("causal") else 0.0
    size = 6 // options["heads"]

    def output(x: Any, p: dict[str, Any]) -> Any:
        """Sample by sample, head by head."""
        samples = []
        for sample in range(batch):
            rows = anp.dot(p["W"], x[:, :, sample].T) + p.get("b", 0.0)
            mixed = []
            for start in range(0, 6, size):
                q, k, v = (rows[6 * block + start : 6 * block + start + size] for block in range(3))
                scores = anp.exp(anp.dot(q.T, k) / size**0.5 + hidden)
                mixed.append(anp.dot(v, (scores / anp.sum(scores, axis=1, keepdims=True)).T))
            samples.append((anp.dot(p["O"], anp.concatenate(mixed)) + p.get("o", 0.0)).T)
        return anp.stack(samples, axis=-1)

    ctx = context(x)
    y = layer.forward(x, Views(**parameters), ctx)
    np.testing.assert_allclose(y, output(x, parameters), rtol=1e-11, atol=1e-12)
    g = Views(**{name: np.full_like(array, np.nan) for name, array in parameters.items()})
    dx = layer.backward(dy, Views(**parameters), g, ctx)
    assert dx is not None
    by_x, by_parameters = (grad(lambda *at: anp.sum(dy * output(*at)), place)(x, parameters) for place in (0, 1))
    np.testing.assert_allclose(dx, by_x, rtol=1e-9, atol=1e-11)
    for name, expected in by_parameters.items():
        np.testing.assert_allclose(getattr(g, name), expected, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize(("heads", "causal"), [(1, False), (2, True), (4, False)])
def test_attention_agrees_with_the_onnx_reference_implementation(heads: int, causal: bool) -> None:
    layer = part(Layer, {"attention": {"heads": heads, "causal": causal}}, {})
    x, _, p = drawn(layer, 5, 8, 3)
    # ONNX's operator begins behind the projections and ends before the last one; its batch comes first.
    qkv = np.einsum("of,tfn->nto", p["W"], x) + p["b"][:, 0]
    node = make_node(
        "Attention", ["q", "k", "v"], ["m"], q_num_heads=heads, kv_num_heads=heads, is_causal=int(causal)
    )
    (mixed,) = cast(
        list[Array],
        ReferenceEvaluator(node).run(None, dict(zip("qkv", np.split(qkv, 3, axis=2), strict=True))),
    )
    expected = np.einsum("of,ntf->ton", p["O"], mixed) + p["o"]
    np.testing.assert_allclose(layer.forward(x, Views(**p), context(x)), expected, rtol=1e-6, atol=1e-6)


def test_attention_without_positions_does_not_see_order_and_with_them_does() -> None:
    attention, positional = part(Layer, {"attention": 2}, {}), part(Layer, "positional", {})
    x, _, p = drawn(attention, 4, 6, 2)
    order = [2, 0, 3, 1]
    y = attention.forward(x, Views(**p), context(x)).copy()
    np.testing.assert_allclose(
        attention.forward(x[order], Views(**p), context(x)), y[order], rtol=1e-12, atol=1e-13
    )
    places = Views(P=np.arange(24.0).reshape(4, 6, 1) / 10)
    placed, placed_moved = (positional.forward(each, places, context(each)).copy() for each in (x, x[order]))
    y = attention.forward(placed, Views(**p), context(x)).copy()
    assert np.abs(attention.forward(placed_moved, Views(**p), context(x)) - y[order]).max() > 0.01


def test_heads_that_do_not_divide_the_features_are_refused_with_those_that_do() -> None:
    layer = part(Layer, {"attention": 4}, {})
    check_refusal(layer, (5, 6))
    with pytest.raises(ShapeError, match="attention: 4 heads do not divide 6 features evenly") as caught:
        layer.declare((5, 6))
    assert caught.value.hint == "as `heads`, one of 1, 2, 3, 6 would"


@pytest.mark.parametrize("name", ["attention", "positional"])
@pytest.mark.parametrize("shape", [(6,), (1, 4, 4)])
def test_what_is_no_sequence_is_refused(name: str, shape: tuple[int, ...]) -> None:
    check_refusal(part(Layer, name, {}), shape)


def test_positional_adds_its_vectors_and_sums_gradients_over_the_batch() -> None:
    positional = part(Layer, "positional", {})
    x = np.array([[[1.0, 2.0]], [[3.0, 4.0]]])
    p, g = Views(P=np.array([[[10.0]], [[20.0]]])), Views(P=np.full((2, 1, 1), np.nan))
    ctx = context(x)
    np.testing.assert_array_equal(positional.forward(x, p, ctx), [[[11, 12]], [[23, 24]]])
    dy = np.array([[[1.0, 5.0]], [[-2.0, 3.0]]])
    np.testing.assert_array_equal(positional.backward(dy, p, g, ctx), dy)
    np.testing.assert_array_equal(g.P, [[[6]], [[1]]])
    parameter = positional.declare((2, 1)).parameters["P"]
    assert not parameter.decays
