"""Layers made of layers: residual, parallel and repeat, alone, in one another, and in a network in training."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer
from nnspec.engine.context import LayerContext
from nnspec.engine.network import Network
from nnspec.engine.parameters import Views
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import StackError
from nnspec.extend import Context, Declaration, Field, Layers, Parameters, Stack
from nnspec.registry import default_resolver
from nnspec.runs.checkpoint import Checkpoint
from nnspec.testing import check_layer, check_refusal
from nnspec.types import Array, Shape


def layer(entry: object) -> Layer:
    return default_resolver().part(Layer, entry, {})


def network(*entries: object, shape: Shape = (4,), seed: int = 1, shards: int = 1) -> Network:
    bound = Network(
        plan([layer(entry) for entry in entries], shape),
        default_resolver().part(Cost, "quadratic", {}),
        Seeds(seed),
        np.float64,
        input_gradient=True,
        shards=shards,
    )
    bound.initialize()
    return bound


def column(*values: float) -> Array:
    return np.array(values, dtype=float).reshape(-1, 1)


SUM = {"parallel": {"branches": [["tanh"], ["sigmoid"]], "join": "add"}}
NESTED: list[tuple[object, Shape]] = [
    ({"residual": [{"dense": {"units": 4, "activation": "tanh"}}, "dropout"]}, (4,)),
    ({"residual": {"layers": [{"dense": 3}], "shortcut": [{"dense": 3}, "sigmoid"]}}, (5,)),
    ({"residual": ["batch_norm", {"residual": [{"conv2d": {"filters": 2, "padding": "same"}}]}]}, (2, 4, 3)),
    ({"residual": [{"attention": 1}]}, (3, 2)),
    ({"parallel": [["tanh"], [], [{"conv2d": {"filters": 3, "kernel": 1}}]]}, (2, 3, 2)),
    ({"parallel": [["positional"], ["tanh"]]}, (3, 2)),
    ({"parallel": {"branches": [[{"dense": 4}], [], [{"dense": 4}, "sigmoid"]], "join": "multiply"}}, (4,)),
    ({"repeat": {"times": 3, "layers": [{"dense": 4}, {"residual": [SUM]}]}}, (3,)),
    ({"parallel": {"branches": [[], [{"repeat": {"times": 2, "layers": [{"dense": 4}]}}]], "join": "add"}}, (4,)),
]


@pytest.mark.parametrize(("entry", "shape"), NESTED, ids=lambda value: str(value)[:60])
def test_composites_keep_the_contract_of_layers_however_deep(entry: object, shape: Shape) -> None:
    check_layer(layer(entry), shape)


def test_residual_adds_the_input_worked_by_hand() -> None:
    residual = layer({"residual": [{"dense": 2}]})
    p = Views(**{"0.W": np.array([[1.0, 2.0], [3.0, 4.0]]), "0.b": column(0.5, -0.5)})
    g = Views(**{"0.W": np.full((2, 2), np.nan), "0.b": np.full((2, 1), np.nan)})
    ctx = LayerContext(np.random.default_rng(0), np.dtype(float), training=True)
    ctx.x = column(1, 10)
    # W x + b is (21.5, 42.5), and the input is added.
    np.testing.assert_array_equal(residual.forward(ctx.x, p, ctx), column(22.5, 52.5))
    # Wᵀ dy is (-2, -2) for dy (1, -1), and dy itself is added.
    np.testing.assert_array_equal(residual.backward(column(1, -1), p, g, ctx), column(-1, -3))
    np.testing.assert_array_equal(g.inner("0").W, [[1, 10], [-1, -10]])


@pytest.mark.parametrize(
    ("join", "output", "slope"),
    [("concatenate", (4, 6, 4, 9), 2 + 2 * 2), ("add", (8, 15), 2 + 2 * 2), ("multiply", (16, 54), 6 * 2**2)],
)
def test_parallel_joins_its_branches_worked_by_hand(join: str, output: tuple[float, ...], slope: float) -> None:
    """Branches that double and square the inputs 2 and 3; the slope is that of the outputs' sum by the first."""
    doubled = {"parallel": {"branches": [[], []], "join": "add"}}
    squared = {"parallel": {"branches": [[], []], "join": "multiply"}}
    parallel = layer({"parallel": {"branches": [[doubled], [squared]], "join": join}})
    ctx = LayerContext(np.random.default_rng(0), np.dtype(float), training=True)
    ctx.x = column(2, 3)
    np.testing.assert_array_equal(parallel.forward(ctx.x, Views(), ctx), column(*output))
    dx = parallel.backward(np.ones((len(output), 1)), Views(), Views(), ctx)
    assert dx is not None
    assert dx[0, 0] == slope


def test_sequences_are_put_together_along_their_features() -> None:
    assert layer({"parallel": [[], [{"lstm": {"units": 3, "sequences": True}}]]}).declare((5, 2)).output == (5, 5)


def test_a_network_of_composites_has_autograds_gradient() -> None:
    """y = V h, h = [B_1 B_2, x] and x + W_2 tanh(W_1 x) before it, written down in autograd."""
    bound = network(
        {"residual": [{"dense": {"units": 3, "activation": "tanh"}}, {"dense": 4}]},
        {"parallel": [[{"parallel": {"branches": [[{"dense": 2}], [{"dense": 2}]], "join": "multiply"}}], []]},
        {"dense": 3},
    )
    random = np.random.default_rng(5)
    bound.weights[...] = random.normal(scale=0.5, size=bound.layout.size)
    x, t = random.normal(size=(4, 6)), random.normal(size=(3, 6))

    def whole(p: Mapping[str, Any]) -> Any:
        hidden = anp.tanh(anp.dot(p["layers.0.0.W"], p["x"]) + p["layers.0.0.b"])
        y = p["x"] + anp.dot(p["layers.0.1.W"], hidden) + p["layers.0.1.b"]
        inner = ("layers.1.0.0.0.0", "layers.1.0.0.1.0")
        one, other = (anp.dot(p[f"{name}.W"], y) + p[f"{name}.b"] for name in inner)
        out = anp.dot(p["layers.2.W"], anp.concatenate([one * other, y])) + p["layers.2.b"]
        return anp.sum((out - t) ** 2) / 2 / 6

    bound.forward(x, training=True)
    dx = bound.backward(t)
    assert dx is not None
    expected = grad(whole)({**dict(bound.layout.named(bound.weights)), "x": x})
    np.testing.assert_allclose(dx, expected.pop("x"), rtol=1e-10, atol=1e-13)
    found = dict(bound.layout.named(bound.gradient))
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-10, atol=1e-13, err_msg=name)


def test_names_of_inner_parameters_and_state_say_where_they_are() -> None:
    bound = network(
        {"repeat": {"times": 2, "layers": ["batch_norm", {"dense": {"units": 4, "bias": False}}]}},
        {"residual": {"layers": [{"dense": {"units": 4, "bias": False}}], "shortcut": ["batch_norm"]}},
    )
    assert sorted(name for name, _ in bound.layout.named(bound.weights)) == [
        *(f"layers.0.{time}.{rest}" for time in "01" for rest in ("0.beta", "0.gamma", "1.W")),
        "layers.1.0.W",
        "layers.1.shortcut.0.beta",
        "layers.1.shortcut.0.gamma",
    ]
    assert bound.layout.matching("layers.0.1.*") == ["layers.0.1.1.W", "layers.0.1.0.gamma", "layers.0.1.0.beta"]
    assert [name for name, _ in bound.states.named()] == [
        *(f"layers.0.{time}.0.{rest}" for time in "01" for rest in ("mean", "variance")),
        "layers.1.shortcut.0.mean",
        "layers.1.shortcut.0.variance",
    ]


def test_each_inner_layer_draws_from_a_generator_of_its_own() -> None:
    bound = network({"parallel": [["dropout"], ["dropout"]]}, shape=(64,))
    first, second = np.split(bound.forward(np.ones((64, 1)), training=True).copy(), 2)
    assert not np.array_equal(first, second)
    alone = network({"parallel": [[], ["dropout"]]}, shape=(64,)).forward(np.ones((64, 1)), training=True)
    np.testing.assert_array_equal(alone[64:], second)


def test_state_and_generators_inside_composites_come_back_from_a_checkpoint() -> None:
    """A network restored from a checkpoint goes on like the one that was never stopped."""
    entries = ({"residual": [{"dense": 4}, "batch_norm", {"repeat": {"times": 2, "layers": ["batch_norm"]}}]},)
    bound, other = network(*entries), network(*entries, seed=2)
    updates = Updates(bound, default_resolver().part(Optimizer, {"sgd": 0.1}, {}))
    pipeline = Pipeline([], (4,), Seeds(1))
    x, t = np.random.default_rng(3).normal(size=(2, 4, 9))
    for _ in range(3):
        bound.forward(x, training=True)
        bound.backward(t)
        updates.apply()
    Checkpoint.take(bound, updates, pipeline, {}).restore(other, pipeline)
    np.testing.assert_array_equal(other.forward(x), bound.forward(x))
    assert any(array.any() for name, array in other.states.named() if name == "layers.0.2.1.0.mean")


def test_layers_inside_composites_meet_across_shards() -> None:
    """Batch normalization sees the whole batch in every shard, also from within other layers."""
    entries = ({"residual": [{"dense": 4}, {"repeat": {"times": 2, "layers": ["batch_norm", "tanh"]}}]},)
    whole, cut = network(*entries), network(*entries, shards=2)
    x, t = np.random.default_rng(3).normal(size=(2, 4, 9))
    for _ in range(2):
        assert cut.step(x, t) == pytest.approx(whole.step(x, t), rel=1e-12)
        np.testing.assert_allclose(cut.gradient, whole.gradient, rtol=1e-9, atol=1e-14)
    for (_, mine), (_, theirs) in zip(cut.states.named(), whole.states.named(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_generators_inside_composites_are_among_those_that_a_checkpoint_holds() -> None:
    seeds = Seeds(1)
    bound = Network(
        plan([layer({"residual": [{"repeat": {"times": 1, "layers": ["dropout"]}}]})], (4,)),
        default_resolver().part(Cost, "quadratic", {}),
        seeds,
    )
    bound.forward(np.ones((4, 2), np.float32), training=True)
    assert "layer/layers.0.0.0.0" in seeds.states()


@pytest.mark.parametrize(
    ("entry", "shape"),
    [
        ({"residual": [{"dense": 3}]}, (4,)),
        ({"residual": [{"conv2d": {"filters": 3, "stride": 2, "padding": "same"}}]}, (1, 5, 5)),
        ({"residual": ["flatten"]}, (2, 3)),
        ({"parallel": [["flatten"], []]}, (2, 2, 2)),
        ({"parallel": {"branches": [[{"dense": 3}], []], "join": "add"}}, (4,)),
        ({"residual": [{"dense": 3}]}, (4, 4)),
        ({"repeat": {"times": 900, "layers": ["tanh", "tanh", "tanh"]}}, (4,)),
    ],
)
def test_shapes_that_cannot_be_joined_are_refused_with_a_way_out(entry: object, shape: Shape) -> None:
    check_refusal(layer(entry), shape)


def test_the_shortcut_that_a_refusal_proposes_fits() -> None:
    body = [{"conv2d": {"filters": 3, "kernel": 3, "stride": 2, "padding": "same"}}]
    with pytest.raises(StackError) as caught:
        plan([layer({"residual": body})], (1, 7, 5))
    assert "`shortcut: [{conv2d: {filters: 3, kernel: 1, stride: 2}}]`" in caught.value.hint
    shortcut = [{"conv2d": {"filters": 3, "kernel": 1, "stride": 2}}]
    assert plan([layer({"residual": {"layers": body, "shortcut": shortcut}})], (1, 7, 5))[0].output == (3, 4, 3)


def test_repetitions_within_repetitions_are_refused_before_they_fill_the_memory() -> None:
    entry: object = "tanh"
    for _ in range(20):
        entry = {"repeat": {"times": 1000, "layers": [entry]}}
    with pytest.raises(StackError, match="more than 2,000 layers"):
        plan([layer(entry)], (4,))


def test_a_misfit_within_says_where_and_what_fitted_so_far() -> None:
    inner = {"parallel": [[], ["tanh", {"dense": 3}]]}
    with pytest.raises(StackError) as caught:
        plan([layer("sigmoid"), layer({"residual": {"layers": ["tanh"], "shortcut": [inner]}})], (2, 2))
    assert caught.value.place == ("layers", 1, "*", "shortcut", 0, "*", "branches", 1, 1)
    assert caught.value.stack == (
        ("sigmoid", "2 x 2", "2 x 2"),
        ("residual", "2 x 2", "?"),
        ("  parallel", "2 x 2", "?"),
        ("    tanh", "2 x 2", "2 x 2"),
    )


class Twice(Layer):
    """As an author of plugins would write it: the inner layers' output, doubled."""

    layers: Annotated[Layers, Field(description="what is doubled")]

    @cached_property
    def _body(self) -> Stack:
        return Stack(self.layers)

    def declare(self, shape: Shape) -> Declaration:
        return self._body.declare(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return 2 * self._body.forward(x, p, ctx)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return self._body.backward(2 * dy, p, g, ctx)


def test_a_plugins_composite_keeps_the_contract() -> None:
    check_layer(Twice(layers=(layer({"residual": [{"dense": 4}]}), layer("tanh"))), (4,))


def test_a_plugins_composite_goes_into_another() -> None:
    twice = Twice(layers=(layer({"dense": 4}),))
    bound = Network(plan([Twice(layers=(twice,))], (4,)), default_resolver().part(Cost, "quadratic", {}), Seeds(1))
    bound.initialize()
    x = np.ones((4, 2), np.float32)
    np.testing.assert_allclose(bound.forward(x), 4 * bound.parameters(0).inner("0").inner("0").W @ x, rtol=1e-6)
