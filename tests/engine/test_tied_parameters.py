"""Parameters that share the numbers of others: one set of numbers, used, trained, counted and stored once."""

from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.network import Network
from nnspec.engine.parameters import Layout
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Updates
from nnspec.errors import TieError
from nnspec.insight.passes import backward
from nnspec.registry import default_resolver
from nnspec.runs.checkpoint import Checkpoint
from nnspec.types import Array

part = default_resolver().part

ENCODER = {"dense": {"units": 3, "activation": "tanh"}}
SAME = {"dense": {"units": 3, "weights": {"tied": "layers.1.0.W"}}}
DECODER = {"dense": {"units": 5, "weights": {"tied": {"to": "layers.0.W", "transposed": True}}}}
AUTOENCODER = (ENCODER, {"residual": [{"dense": 3}]}, {"residual": ["tanh", SAME]}, DECODER)


def network(*entries: object, shards: int = 1) -> Network:
    layers = [part(Layer, entry, {}) for entry in entries]
    bound = Network(plan(layers, (5,)), part(Cost, "quadratic", {}), Seeds(1), np.float64, shards=shards)
    bound.initialize()
    return bound


def batch() -> tuple[Array, Array]:
    x, t = np.random.default_rng(4).normal(size=(2, 5, 7))
    return x, t


def test_the_gradient_is_the_sum_of_all_uses() -> None:
    """Against autograd, which is given each shared matrix once."""
    bound = network(*AUTOENCODER)
    x, t = batch()

    def whole(p: dict[str, Any]) -> Any:
        h = anp.tanh(anp.dot(p["layers.0.W"], x) + p["layers.0.b"])
        h = h + anp.dot(p["layers.1.0.W"], h) + p["layers.1.0.b"]
        h = h + anp.dot(p["layers.1.0.W"], anp.tanh(h)) + p["layers.2.1.b"]
        y = anp.dot(p["layers.0.W"].T, h) + p["layers.3.b"]
        return anp.sum((y - t) ** 2) / 2 / 7

    expected = grad(whole)(dict(bound.layout.named(bound.weights)))
    for _ in range(2):  # a second pass finds nothing of the first
        bound.forward(x, training=True)
        bound.backward(t)
        found = dict(bound.layout.named(bound.gradient))
        assert found.keys() == expected.keys()
        for name, gradient in found.items():
            np.testing.assert_allclose(gradient, expected[name], rtol=1e-10, atol=1e-13, err_msg=name)


def test_shards_add_up_to_the_same_gradient() -> None:
    x, t = batch()
    whole, cut = network(*AUTOENCODER), network(*AUTOENCODER, shards=3)
    for _ in range(2):
        assert cut.step(x, t) == pytest.approx(whole.step(x, t), rel=1e-12)
        np.testing.assert_allclose(cut.gradient, whole.gradient, rtol=1e-10, atol=1e-14)


def test_going_back_layer_by_layer_gives_the_same_gradient() -> None:
    bound = network(*AUTOENCODER)
    x, t = batch()
    bound.forward(x, training=True)
    bound.backward(t)
    expected = bound.gradient.copy()
    bound.gradient.fill(np.nan)
    assert len(list(backward(bound, bound.cost_gradient(t)))) == len(bound.nodes)
    for name, gradient in bound.layout.named(bound.gradient):
        np.testing.assert_array_equal(gradient, dict(bound.layout.named(expected))[name])


def test_both_layers_see_the_same_numbers_after_every_step() -> None:
    bound = network(*AUTOENCODER)
    updates = Updates(bound, part(Optimizer, {"adam": 0.01}, {}))
    x, t = batch()
    for _ in range(3):
        bound.forward(x, training=True)
        bound.backward(t)
        updates.apply()
        np.testing.assert_array_equal(bound.parameters(4).W, bound.parameters(0).W.T)
        assert np.shares_memory(bound.parameters(4).W, bound.weights)


def test_shared_numbers_are_counted_and_laid_out_once() -> None:
    bound = network(*AUTOENCODER)
    weights = [place.name for place in bound.layout.places if place.key.endswith("W")]
    assert weights == ["layers.0.W", "layers.1.0.W"]
    assert bound.parameter_count == 5 * 3 + 3 + 3 * 3 + 3 + 3 + 5
    assert sum(node.parameter_count for node in bound.nodes) == bound.parameter_count


def test_shared_numbers_decay_once() -> None:
    bound = network(ENCODER, DECODER)
    penalty = Updates(bound, part(Optimizer, {"sgd": 0.1}, {}), part(Regularizer, {"l2": 0.2}, {})).penalty()
    assert penalty == pytest.approx(0.1 * np.sum(bound.parameters(0).W ** 2), rel=1e-12)


def test_a_checkpoint_holds_shared_numbers_once_and_gives_them_to_both() -> None:
    bound, other = network(*AUTOENCODER), network(*AUTOENCODER)
    other.weights.fill(0)
    pipeline = Pipeline([], (5,), Seeds(1))
    taken = Checkpoint.take(bound, Updates(bound, part(Optimizer, {"sgd": 0.1}, {})), pipeline, {})
    assert "parameters/layers.0.W" in taken.tensors
    assert "parameters/layers.3.W" not in taken.tensors
    taken.restore(other, pipeline)
    np.testing.assert_array_equal(other.parameters(4).W, bound.parameters(0).W.T)


def test_filters_are_shared_too() -> None:
    """A transposed convolution undoes the reach of the convolution whose filters it shares."""
    conv = {"conv2d": {"filters": 3, "kernel": 2}}
    back = {"conv2d_transpose": {"filters": 2, "kernel": 2, "weights": {"tied": "layers.0.W"}}}
    nodes = plan([part(Layer, conv, {}), part(Layer, back, {})], (2, 4, 4))
    layout = Layout(nodes)
    assert [place.name for place in layout.places] == ["layers.0.W", "layers.0.b", "layers.1.b"]


@pytest.mark.parametrize(
    ("tied", "said", "hint"),
    [
        ("layers.7.W", "no parameter is called `layers.7.W`", "did you mean `layers.0.W`"),
        ("layers.0.W", "layers.1.W is 5 x 3, but `layers.0.W` is 3 x 5", "transposed: true"),
        ({"to": "layers.0.b", "transposed": True}, "`layers.0.b` transposed is 1 x 3", "change the sizes"),
        ("layers.1.W", "tied as well", "tie it to one that has"),
    ],
)
def test_a_tie_that_cannot_be_is_refused_with_a_way_out(tied: object, said: str, hint: str) -> None:
    layers = [part(Layer, entry, {}) for entry in (ENCODER, {"dense": {"units": 5, "weights": {"tied": tied}}})]
    with pytest.raises(TieError, match=said) as caught:
        Layout(plan(layers, (5,)))
    assert caught.value.parameter == "layers.1.W"
    assert hint in caught.value.hint
