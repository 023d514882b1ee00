"""What a network thinks a class looks like: the class passed backwards, and the climb towards it."""

import numpy as np
import pytest

from nnspec.contracts.layer import Layer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.insight.imagine import METHODS, Space, ascent, reverse
from nnspec.parts.activations.relu import Relu
from nnspec.parts.activations.sigmoid import Sigmoid
from nnspec.parts.activations.softmax import Softmax
from nnspec.parts.activations.tanh import Tanh
from nnspec.parts.costs.binary_cross_entropy import BinaryCrossEntropy
from nnspec.parts.costs.cross_entropy import CrossEntropy
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.layers.dense import Dense
from nnspec.parts.layers.dropout import Dropout
from nnspec.parts.layers.flatten import Flatten
from nnspec.types import Array, Shape

DEEP: list[Layer] = [
    Flatten(),
    Dense(units=7),
    Sigmoid(),
    Dropout(rate=0.5),
    Dense(units=6),
    Tanh(),
    Dense(units=4),
    Sigmoid(),
]
CLASSES: list[Layer] = [Dense(units=8), Tanh(), Dense(units=3), Softmax()]


def _network(layers: list[Layer], shape: Shape, *, fuse: bool = False, input_gradient: bool = True) -> Network:
    cost = CrossEntropy() if fuse else Quadratic()
    network = Network(plan(layers, shape), cost, Seeds(5), np.float64, input_gradient=input_gradient)
    network.initialize()
    return network


def _space(shape: Shape, picture: Shape | None = None) -> Space:
    return Space(np.full((*shape, 1), -2.0), np.full((*shape, 1), 6.0), 0.25, picture)


def test_reverse_is_the_product_of_the_transposed_weights() -> None:
    """Three dense layers: the picture is W1ᵀ W2ᵀ W3ᵀ e, brought to 0..1, whatever stands between them."""
    network = _network(DEEP, (1, 3, 5))
    first, second, third = (network.parameters(index).W for index in (1, 4, 6))
    expected = (first.T @ second.T @ third.T)[:, 2].reshape(1, 3, 5)
    found = reverse(network, 2, _space((1, 3, 5)))
    spread = expected.max() - expected.min()
    np.testing.assert_allclose(found.share, (expected - expected.min()) / spread, atol=1e-12)
    assert found.neutral == pytest.approx(-expected.min() / spread)


def test_reverse_is_fed_forward_within_the_range_of_the_data() -> None:
    """The outputs are those of the input that lies where the picture says, from least to most."""
    network = _network(DEEP, (1, 3, 5))
    found = reverse(network, 1, _space((1, 3, 5)))
    x = -2 + 8 * found.share
    np.testing.assert_allclose(found.outputs, network.forward(x[..., np.newaxis])[:, 0])
    assert x.min() == -2
    assert x.max() == 6


@pytest.mark.parametrize("fuse", [True, False])
def test_ascent_makes_the_network_sure_of_the_class(*, fuse: bool) -> None:
    """Each class of a network is answered when its picture is shown, also where output and cost are fused."""
    network = _network(CLASSES, (6,), fuse=fuse)
    start = network.forward(np.zeros((6, 1)))[:, 0].copy()
    for number in range(3):
        found = ascent(network, number, _space((6,)))
        assert found.outputs.argmax() == number
        assert found.outputs[number] > start[number]
        assert found.share.min() >= 0
        assert found.share.max() <= 1


def test_ascent_comes_to_rest_where_slope_and_pull_cancel() -> None:
    """Of one layer without activation, the end is where the central differences of log-odds say so."""
    network = _network([Dense(units=3)], (4,))
    space = _space((4,))
    share = ascent(network, 0, space).share

    def odds(at: Array) -> float:
        z = network.forward(space.at(at[:, np.newaxis]))[:, 0]
        return float(z[0] - np.log(np.exp(z[1:]).sum()))

    steps = 1e-6 * np.eye(4)
    slope = np.array([(odds(share + step) - odds(share - step)) / 2e-6 for step in steps])
    force = slope / np.abs(slope).max() - 0.3 * (share - space.start)
    inside = (share > 0) & (share < 1)
    np.testing.assert_allclose(force[inside], 0, atol=0.05)
    assert (force[share == 1] > 0).all()
    assert (force[share == 0] < 0).all()
    assert (share != space.start).any()


@pytest.mark.parametrize("method", METHODS)
def test_a_single_output_tells_two_classes_apart(method: str) -> None:
    """Class 1 is more of the output, class 0 less of it."""
    nodes = plan([Dense(units=1), Sigmoid()], (5,))
    network = Network(nodes, BinaryCrossEntropy(), Seeds(2), np.float64, input_gradient=True)
    network.initialize()
    low, high = (METHODS[method](network, number, _space((5,))).outputs[0] for number in (0, 1))
    assert low < high
    if method == "ascent":
        assert low < 0.5 < high


@pytest.mark.parametrize("method", METHODS)
def test_imagining_changes_nothing_and_is_always_the_same(method: str) -> None:
    """The weights stay, and a second look sees what the first saw."""
    network = _network(DEEP, (1, 3, 5))
    weights = network.weights.copy()
    first = METHODS[method](network, 3, _space((1, 3, 5), (1, 3, 5)))
    second = METHODS[method](network, 3, _space((1, 3, 5), (1, 3, 5)))
    np.testing.assert_array_equal(first.share, second.share)
    np.testing.assert_array_equal(network.weights, weights)


def test_neighbouring_pixels_climb_together() -> None:
    """In pictures the gradient is smoothed: one pixel that matters takes those around it along, evenly."""
    network = _network([Flatten(), Dense(units=2)], (1, 7, 7))
    weights = network.parameters(1).W
    weights[...] = 0
    weights[0, 24] = 1
    share = ascent(network, 0, _space((1, 7, 7), (1, 7, 7))).share[0]
    assert share[3, 3] >= share[3, 4] >= share[4, 4] > share[3, 5] > share[5, 5] > share[0, 0]
    np.testing.assert_allclose(share, share.T)
    np.testing.assert_allclose(share, share[::-1])
    assert share[0, 0] == pytest.approx(0.25, abs=0.01)


def test_a_network_whose_backward_pass_stops_early_is_refused() -> None:
    """Without the input's gradient there is nothing to draw."""
    network = _network(DEEP, (1, 3, 5), input_gradient=False)
    with pytest.raises(ValueError, match="input_gradient=True"):
        reverse(network, 0, _space((1, 3, 5)))


def test_rectifiers_without_biases_do_not_stop_the_climb() -> None:
    """At an input of exactly 0 they are all shut, and let no gradient through; the climb starts beside it."""
    network = _network([Dense(units=12, bias=False), Relu(), Dense(units=2)], (6,))
    space = Space(np.zeros((6, 1)), np.ones((6, 1)), 0.0)
    for number in range(2):
        assert ascent(network, number, space).outputs.argmax() == number
