"""Dead and saturated layers are found, healthy ones left alone."""

import numpy as np
import pytest

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.insight.saturation import Activity, activities
from nnspec.registry import default_resolver

part = default_resolver().part
X = np.random.default_rng(0).uniform(0, 1, (20, 300)).astype(np.float32)


def network(hidden: str, output: str = "softmax") -> Network:
    layers = [part(Layer, entry, {}) for entry in ({"dense": 16}, hidden, {"dense": 4}, output)]
    bound = Network(plan(layers, (20,)), part(Cost, "quadratic", {}), Seeds(1))
    bound.initialize()
    return bound


def hidden_activity(bound: Network) -> Activity:
    return next(activity for activity in activities(bound, X) if activity.path == "layers.1")


@pytest.mark.parametrize("hidden", ["identity", "leaky_relu", "relu", "sigmoid", "tanh"])
def test_a_freshly_initialized_layer_is_healthy(hidden: str) -> None:
    activity = hidden_activity(network(hidden))
    assert activity.dead < 0.5
    assert activity.warning is None


def test_relus_that_never_fire_are_dead() -> None:
    bound = network("relu")
    bound.parameters(0).b[...] = -1000
    activity = hidden_activity(bound)
    assert activity.dead == 1
    assert activity.warning is not None
    assert "layers.1 (relu): 100% of its units are dead" in activity.warning


def test_half_dead_relus_are_counted_and_no_alarm() -> None:
    bound = network("relu")
    bound.parameters(0).b[:8] = -1000
    bound.parameters(0).b[8:] = 5
    activity = hidden_activity(bound)
    assert activity.dead == 0.5
    assert activity.warning is None


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
def test_units_driven_to_their_ends_are_saturated(hidden: str) -> None:
    bound = network(hidden)
    bound.parameters(0).W[...] *= 1000
    activity = hidden_activity(bound)
    assert activity.saturated > 0.95
    assert activity.warning is not None
    assert f"layers.1 ({hidden}): saturated" in activity.warning or "are dead" in activity.warning


@pytest.mark.parametrize(("bias", "saturated"), [(5.5, 0), (6.5, 1), (-5.5, 0), (-6.5, 1)])
def test_a_sigmoid_is_saturated_beyond_an_input_of_six(bias: float, saturated: float) -> None:
    bound = network("sigmoid")
    bound.parameters(0).W[...] = 0
    bound.parameters(0).b[...] = bias
    assert hidden_activity(bound).saturated == saturated


def test_units_at_one_for_every_sample_are_dead() -> None:
    bound = network("sigmoid")
    bound.parameters(0).b[...] = 1000
    assert hidden_activity(bound).dead == 1


@pytest.mark.parametrize("hidden", ["leaky_relu", "identity"])
def test_units_that_always_pass_a_gradient_are_never_called_dead(hidden: str) -> None:
    bound = network(hidden)
    bound.parameters(0).b[...] = -1000
    activity = hidden_activity(bound)
    assert activity.dead == 0
    assert activity.warning is None


def test_saturated_outputs_are_what_a_good_classifier_has() -> None:
    bound = network("sigmoid", "sigmoid")
    bound.parameters(2).W[...] *= 1000
    (output,) = [activity for activity in activities(bound, X) if activity.path == "layers.3"]
    assert output.saturated > 0.9
    assert not output.hidden
    assert output.dead > 0.95 or output.warning is None


def test_layers_within_others_are_looked_at_too() -> None:
    entry = {"residual": [{"repeat": {"times": 2, "layers": [{"dense": 20}, "relu"]}}]}
    layers = [part(Layer, one, {}) for one in (entry, {"dense": 4}, "softmax")]
    bound = Network(plan(layers, (20,)), part(Cost, "quadratic", {}), Seeds(1))
    bound.initialize()
    bound.parameters(0).inner("0.1.0").b[...] = -1000
    first, second = activities(bound, X)
    assert (first.path, first.warning) == ("layers.0.0.0.1", None)
    assert second.path == "layers.0.0.1.1"
    assert second.dead == 1
    assert second.hidden
