"""Whole networks: gradients of the flat vector, and steps that were worked out elsewhere."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.stretches import PIECE
from nnspec.engine.updates import Updates
from nnspec.errors import StackError
from nnspec.registry import default_resolver
from nnspec.testing.gradients import relative_errors
from nnspec.types import Array, Shape

part = default_resolver().part


def network(
    layers: Sequence[object], shape: Shape, cost: object, dtype: Any = np.float64, *, input_gradient: bool = False
) -> Network:
    nodes = plan([part(Layer, entry, {}) for entry in layers], shape)
    bound = Network(nodes, part(Cost, cost, {}), Seeds(1), dtype, input_gradient=input_gradient)
    bound.initialize()
    return bound


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize(
    ("freeze", "met"),
    [
        (["layers.0.*"], "23"),
        (["layers.0.*", "layers.2.b"], "23"),
        (["layers.[02].?"], "3"),
        (["layers.0.b"], "023"),
        (["layers.2.*"], "023"),
    ],
)
def test_a_backward_pass_ends_at_the_first_layer_that_is_not_frozen(
    freeze: list[str], met: str, shards: int
) -> None:
    """What is behind it has the gradient that it has in any case, bit by bit; before it, nothing is computed."""
    nodes = plan([part(Layer, entry, {}) for entry in ({"dense": 4}, "tanh", {"dense": 5}, {"dense": 3})], (6,))
    random = np.random.default_rng(2)
    x, t = random.normal(size=(6, 8)), random.normal(size=(3, 8))

    def stepped(frozen: list[str]) -> dict[str, Array]:
        bound = Network(nodes, part(Cost, "quadratic", {}), Seeds(1), np.float64, shards=shards, freeze=frozen)
        bound.initialize()
        bound.step(x, t)
        return dict(bound.layout.named(bound.gradient))

    whole = stepped([])
    assert all(gradient.any() for gradient in whole.values())
    for name, gradient in stepped(freeze).items():
        expected = whole[name] if name.split(".")[1] in met else np.zeros_like(gradient)
        np.testing.assert_array_equal(gradient, expected, name)


STACKS: list[tuple[list[object], Shape, str]] = [
    ([{"dense": 4}, "sigmoid", {"dense": 3}, "sigmoid"], (5,), "quadratic"),
    ([{"dense": 4}, "relu", {"dense": 3}, "softmax"], (5,), "cross_entropy"),
    ([{"dense": {"units": 4, "activation": "tanh"}}, {"dense": 3}, "sigmoid"], (5,), "binary_cross_entropy"),
    ([{"dense": {"units": 3, "bias": False}}, "softmax"], (5,), "quadratic"),
    (["flatten", {"dense": 4}, "leaky_relu", {"dense": 3}, "softmax"], (2, 1, 3), "cross_entropy"),
    (["tanh", "softmax", {"dense": 4}, "softmax", {"dense": 3}], (5,), "quadratic"),
    ([{"dense": 3}], (5,), "quadratic"),
    ([{"dense": {"units": 1, "activation": "sigmoid"}}], (5,), "binary_cross_entropy"),
]


@pytest.mark.parametrize(("layers", "shape", "cost"), STACKS)
@pytest.mark.parametrize("batch", [1, 4])
def test_the_flat_gradient_agrees_with_central_differences(
    layers: list[object], shape: Shape, cost: str, batch: int
) -> None:
    bound = network(layers, shape, cost)
    random = np.random.default_rng(3)
    bound.weights[...] = random.normal(size=bound.layout.size)
    x = random.normal(size=(*shape, batch))
    outputs = bound.nodes[-1].output[0]
    t = np.eye(outputs)[random.integers(outputs, size=batch)].T

    def value() -> float:
        bound.forward(x, training=True)
        return bound.cost_value(t)

    value()
    bound.backward(t)
    analytic, numeric = bound.gradient.copy(), np.zeros(bound.layout.size)
    step = 1e-4
    for place in range(bound.layout.size):
        kept = bound.weights[place]
        ends = []
        for offset in (step, -step, 2 * step, -2 * step):
            bound.weights[place] = kept + offset
            ends.append(value())
        bound.weights[place] = kept
        numeric[place] = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * step)
    assert relative_errors(analytic, numeric).max() <= 1e-6


def test_gaps_in_the_flat_vector_stay_zero_through_training() -> None:
    bound = network([{"dense": 3}, "tanh", {"dense": 2}], (5,), "quadratic")
    updates = Updates(
        bound,
        part(Optimizer, {"momentum": {"learning_rate": 0.1, "nesterov": True}}, {}),
        part(Regularizer, {"l1": 0.1}, {}),
    )
    used = np.zeros(bound.layout.size, dtype=bool)
    for _, view in bound.layout.named(bound.weights):
        start = (view.__array_interface__["data"][0] - bound.weights.__array_interface__["data"][0]) // 8
        used[start : start + view.size] = True
    assert bound.parameter_count == used.sum() == 3 * 5 + 3 + 2 * 3 + 2
    for _ in range(5):
        bound.forward(np.ones((5, 4)), training=True)
        bound.backward(np.zeros((2, 4)))
        updates.apply()
    assert not bound.weights[~used].any()
    assert bound.weights[used].any()


def test_parameters_that_decay_stand_first_and_only_they_are_regularized() -> None:
    bound = network([{"dense": 3}, {"dense": 2}], (5,), "quadratic")
    assert [place.name for place in bound.layout.places] == [
        "layers.0.W", "layers.1.W", "layers.0.b", "layers.1.b",
    ]  # fmt: skip
    bound.weights[...] = 1
    bound.gradient[...] = 0
    Updates(bound, part(Optimizer, {"sgd": 1.0}, {}), part(Regularizer, {"l2": 0.25}, {})).apply()
    assert (bound.parameters(0).W == 0.75).all()
    assert (bound.parameters(0).b == 1).all()


def test_the_worked_example_of_two_inputs_two_hidden_units_and_two_outputs() -> None:
    """M. Mazur, A Step by Step Backpropagation Example, 2015: learning rate 0.5, one sample."""
    bound = network([{"dense": 2}, "sigmoid", {"dense": 2}, "sigmoid"], (2,), "quadratic")
    hidden, output = bound.parameters(0), bound.parameters(2)
    hidden.W[...], hidden.b[...] = [[0.15, 0.20], [0.25, 0.30]], 0.35
    output.W[...], output.b[...] = [[0.40, 0.45], [0.50, 0.55]], 0.60
    x, t = np.array([[0.05], [0.10]]), np.array([[0.01], [0.99]])
    y = bound.forward(x, training=True)
    np.testing.assert_allclose(y[:, 0], [0.75136507, 0.772928465], rtol=1e-8)
    assert bound.cost_value(t) == pytest.approx(0.298371109, rel=1e-8)
    bound.backward(t)
    Updates(bound, part(Optimizer, {"sgd": 0.5}, {}), None).apply()
    np.testing.assert_allclose(output.W, [[0.35891648, 0.408666186], [0.511301270, 0.561370121]], rtol=1e-8)
    np.testing.assert_allclose(hidden.W, [[0.149780716, 0.19956143], [0.24975114, 0.29950229]], rtol=1e-7)


def test_a_step_is_the_step_written_out_in_plain_numpy() -> None:
    bound = network([{"dense": 6}, "sigmoid", {"dense": 3}, "softmax"], (8,), "cross_entropy", np.float32)
    optimizer = part(Optimizer, {"momentum": {"learning_rate": 0.3, "momentum": 0.8}}, {})
    updates = Updates(bound, optimizer, part(Regularizer, {"l2": 0.01}, {}))
    W1, b1, W2, b2 = (view.astype(np.float64) for view in (*_pair(bound, 0), *_pair(bound, 2)))
    velocity: list[Array] = [np.zeros(array.shape) for array in (W1, b1, W2, b2)]
    random = np.random.default_rng(2)
    for batch in (5, 5, 3, 5, 1):
        x = random.normal(size=(8, batch)).astype(np.float32)
        t = np.eye(3, dtype=np.float32)[random.integers(3, size=batch)].T
        bound.forward(x, training=True)
        cost = bound.cost_value(t)
        bound.backward(t)
        updates.apply()

        h = 1 / (1 + np.exp(-(W1 @ x + b1)))
        z = W2 @ h + b2
        y = np.exp(z) / np.exp(z).sum(axis=0)
        assert cost == pytest.approx(-(t * np.log(y)).sum() / batch, rel=1e-5)
        dz = (y - t) / batch
        dh = (W2.T @ dz) * h * (1 - h)
        gradients = (
            dh @ x.T + 0.01 * W1,
            dh.sum(axis=1, keepdims=True),
            dz @ h.T + 0.01 * W2,
            dz.sum(axis=1, keepdims=True),
        )
        for array, gradient, speed in zip((W1, b1, W2, b2), gradients, velocity, strict=True):
            speed[...] = 0.8 * speed + gradient
            array[...] -= 0.3 * speed
    for view, expected in zip((*_pair(bound, 0), *_pair(bound, 2)), (W1, b1, W2, b2), strict=True):
        np.testing.assert_allclose(view, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("inputs", [PIECE // 10 - 1, PIECE // 10, 2 * PIECE // 10 + 7])
def test_a_vector_of_several_pieces_is_updated_to_its_last_number(inputs: int) -> None:
    bound = network([{"dense": 10}], (inputs,), "quadratic")
    random = np.random.default_rng(0)
    before = bound.weights[...] = random.normal(size=bound.layout.size)
    gradient = bound.gradient[...] = random.normal(size=bound.layout.size)
    Updates(bound, part(Optimizer, {"momentum": 0.5}, {}), part(Regularizer, {"l2": 0.25}, {})).apply()
    decayed = 0.25 * before * (np.arange(bound.layout.size) < bound.layout.decaying)
    np.testing.assert_allclose(bound.weights, before - 0.5 * (gradient + decayed), rtol=1e-12, atol=1e-15)


def _pair(bound: Network, node: int) -> tuple[Array, Array]:
    views = bound.parameters(node)
    return views.W, views.b


@pytest.mark.parametrize("first", ["flatten", "sigmoid", {"dropout": 0.2}])
def test_layers_before_the_first_trained_one_are_left_out_of_the_backward_pass_unless_asked(first: object) -> None:
    layers = [first, {"dense": 3}, "softmax"]
    plain = network(layers, (4,), "cross_entropy")
    full = network(layers, (4,), "cross_entropy", input_gradient=True)
    x, t = np.random.default_rng(0).normal(size=(4, 6)), np.eye(3)[[0, 1, 2, 0, 1, 2]].T
    for bound in (plain, full):
        bound.forward(x)
    assert plain.backward(t) is None
    dx = full.backward(t)
    assert dx is not None
    assert dx.shape == x.shape
    np.testing.assert_array_equal(plain.gradient, full.gradient)


def test_a_pass_needs_no_particular_order_of_batch_sizes() -> None:
    bound = network([{"dense": 3}, "softmax"], (4,), "cross_entropy")
    x, t = np.random.default_rng(0).normal(size=(4, 6)), np.eye(3)[[0, 1, 2, 0, 1, 2]].T
    bound.forward(x)
    bound.backward(t)
    expected = bound.gradient.copy()
    for batch in (2, 6, 1, 6):
        bound.forward(x[:, :batch])
        bound.backward(t[:, :batch])
    np.testing.assert_array_equal(bound.gradient, expected)


def test_a_backward_pass_without_a_forward_pass_is_refused() -> None:
    with pytest.raises(RuntimeError, match="forward pass"):
        network([{"dense": 3}], (4,), "quadratic").backward(np.zeros((3, 1)))


def test_a_stack_that_does_not_fit_names_the_entry_and_what_fits_so_far() -> None:
    layers = [part(Layer, entry, {}) for entry in ("relu", {"dense": 3})]
    with pytest.raises(StackError, match="1 x 28 x 28") as caught:
        plan(layers, (1, 28, 28))
    assert caught.value.place == ("layers", 1)
    assert caught.value.hint == "insert `flatten` before it: it makes 784 numbers of them"
    assert caught.value.stack == (("relu", "1 x 28 x 28", "1 x 28 x 28"),)
