"""Of `forward` and `bind_forward`, or `update` and `bind`, a class writes one; what is written nearest counts."""

from typing import Any

import numpy as np
import pytest

from engine.gradients import batch, network, updates
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.engine.updates import Manner
from nnspec.extend import (
    Array,
    Context,
    Cost,
    Declaration,
    Forward,
    Judge,
    Layer,
    Parameters,
    Piece,
    Shape,
    Update,
)
from nnspec.parts.activations.relu import Relu
from nnspec.parts.costs.huber import Huber
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.layers.dense import Dense
from nnspec.parts.optimizers.adam import Adam
from nnspec.parts.optimizers.sgd import Sgd


class Calls(Layer):
    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.asarray(2 * x)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return np.asarray(2 * dy)


class BindsOneMore:
    """No layer, but what stands beside one among its bases."""

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Any:
        forward = super().bind_forward(x, p, ctx)  # type: ignore[misc]
        return lambda x: forward(x) + 1

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Any:
        backward = super().bind_backward(dy, p, g, ctx)  # type: ignore[misc]
        return lambda dy: backward(dy) + 1


class BindsOverCalls(BindsOneMore, Calls):
    pass


class CallsOverBinds(BindsOverCalls):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return super().forward(x, p, ctx=ctx) * 10

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return np.asarray(super().backward(dy, p, g=g, ctx=ctx)) * 10


class HundredMore:
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Any:
        return super().forward(x, p, ctx) + 100  # type: ignore[misc]

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Any:
        return super().backward(dy, p, g, ctx) + 100  # type: ignore[misc]


class Mixed(HundredMore, Relu):
    pass


class Doubled(Relu):
    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        super().apply(x, out, ctx)
        out *= 2

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        super().gradient(dy, x, y, out, ctx)
        out *= 2


class DoubledAndOneMore(BindsOneMore, Doubled):
    pass


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (Calls, 2),
        (BindsOverCalls, 3),
        (CallsOverBinds, 30),
        (Relu, 1),
        (Mixed, 101),
        (Doubled, 2),
        (DoubledAndOneMore, 3),
    ],
)
def test_both_ways_do_what_was_written_last(kind: type[Layer], wanted: float) -> None:
    layer, ctx, nothing = kind(), LayerContext(np.random.default_rng(0), np.dtype(np.float64)), Views()
    ones = np.ones((2, 3))
    ctx.x = ones
    ctx.y = layer.forward(ones, nothing, ctx).copy()
    assert (ctx.y == wanted).all()
    assert (layer.bind_forward(ones, nothing, ctx)(ones) == wanted).all()
    for dx in (
        layer.backward(ones, nothing, nothing, ctx),
        layer.bind_backward(ones, nothing, nothing, ctx)(ones),
    ):
        np.testing.assert_array_equal(dx, np.full((2, 3), wanted))


class TenTimes:
    def gradient(self, y: Array, t: Array, ctx: Context) -> Any:
        return 10 * super().gradient(y, t, ctx)  # type: ignore[misc]


class Steep(TenTimes, Quadratic):
    pass


class OneMore(Quadratic):
    def bind(self, y: Array, t: Array, ctx: Context) -> Judge:
        judge = super().bind(y, t, ctx)

        def more(y: Array, t: Array, scale: float) -> tuple[float, Array]:
            value, gradient = judge(y, t, scale)
            return value + 1, gradient

        return more


@pytest.mark.parametrize(("kind", "value", "slope"), [(Quadratic, 1, 1), (Steep, 1, 10), (OneMore, 2, 1)])
def test_a_cost_is_bound_as_it_was_written_last(kind: type[Cost], value: float, slope: float) -> None:
    y, t, ctx = np.ones((2, 1)), np.zeros((2, 1)), LayerContext(np.random.default_rng(0), np.dtype(np.float64))
    number, gradient = kind().bind(y, t, ctx)(y, t, 0.5)
    assert number == value
    assert (gradient == slope / 2).all()


class Signs:
    def update(self, piece: Piece, rate: float, step: int) -> None:
        np.sign(piece.gradient, out=piece.gradient)
        piece.weights[...] -= rate * piece.gradient


class SignedSgd(Signs, Sgd):
    pass


def test_what_an_optimizer_says_of_itself_is_not_said_of_another_update() -> None:
    assert Sgd.proportional
    assert not Sgd.heeds_decay
    assert not SignedSgd.proportional
    assert SignedSgd.heeds_decay


class TwiceTheRate(Adam):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        super().update(piece, 2 * rate, step)


class SixTimesTheRate(TwiceTheRate):
    def bind(self, piece: Piece) -> Update:
        update = super().bind(piece)
        return lambda rate, step: update(3 * rate, step)


@pytest.mark.parametrize(("kind", "times"), [(Adam, 1), (TwiceTheRate, 2), (SixTimesTheRate, 6)])
def test_an_optimizer_is_asked_as_it_was_written_last(kind: type[Adam], times: float) -> None:
    def piece() -> Piece:
        return Piece(np.ones(2), np.ones(2), {"mean": np.zeros(2), "square": np.zeros(2)}, np.empty(2))

    bound, called = piece(), piece()
    optimizer = kind(learning_rate=1.0)
    optimizer.bind(bound)(0.1, 1)
    optimizer.update(called, 0.1, 1)
    # A first step of Adam goes as far as the rate says.
    np.testing.assert_allclose(bound.weights, 1 - 0.1 * times, rtol=1e-6)
    assert bound.weights.tobytes() == called.weights.tobytes()


def test_the_rate_stays_out_where_the_cost_would_need_a_further_pass() -> None:
    assert updates(network(), {"sgd": 0.1}, Manner()).scale() == 0.1
    bound = network()
    bound.cost = Huber()
    bound.fused = False
    assert updates(bound, {"sgd": 0.1}, Manner()).scale() == 1


def test_a_stack_within_a_layer_is_bound_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[str] = []
    binds = Dense.bind_forward

    def counted(self: Dense, x: Array, p: Parameters, ctx: Context) -> Forward:
        bound.append(f"{x.shape}")
        return binds(self, x, p, ctx)

    monkeypatch.setattr(Dense, "bind_forward", counted)
    nested = network([{"repeat": {"times": 2, "layers": [{"dense": 5}, "tanh"]}}, {"dense": 3}, "softmax"])
    for samples in (4, 4, 3, 4, 3):
        nested.step(*batch(samples, samples))
    assert bound == ["(5, 4)"] * 3 + ["(5, 3)"] * 3


def test_a_stack_within_a_layer_is_bound_anew_for_other_parameters() -> None:
    one, two = (
        network([{"repeat": {"times": 1, "layers": [{"dense": 5}]}}, {"dense": 3}, "softmax"]) for _ in "ab"
    )
    for place in two.layout.places:
        place.view(two.weights)[...] *= 2
    layer, x = one.nodes[0].layer, batch(4, 0)[0]
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float64))
    first = layer.forward(x, one.parameters(0), ctx).copy()
    np.testing.assert_allclose(layer.forward(x, two.parameters(0), ctx), 2 * first)
    assert np.array_equal(layer.forward(x, one.parameters(0), ctx), first)
