"""Named generators: each consumer has its own, and none moves another's."""

import numpy as np

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver

part = default_resolver().part


def test_a_name_is_one_stream_that_goes_on_where_it_stopped() -> None:
    seeds = Seeds(7)
    first = seeds.generator("shuffling").random(3)
    second = seeds.generator("shuffling").random(3)
    np.testing.assert_array_equal(Seeds(7).generator("shuffling").random(6), [*first, *second])


def test_names_and_seeds_part_streams() -> None:
    draws = [
        Seeds(seed).generator(name).random() for seed in (0, 1, 2**40) for name in ("shuffling", "dataset", "cost")
    ]
    assert len(set(draws)) == len(draws)


def test_another_consumer_moves_no_other_stream() -> None:
    alone, crowded = Seeds(1), Seeds(1)
    for name in ("a", "layer/layers.0", "dataset"):
        crowded.generator(name).random(100)
    np.testing.assert_array_equal(alone.generator("shuffling").random(5), crowded.generator("shuffling").random(5))


def test_another_layer_leaves_the_initial_weights_of_the_others_alone() -> None:
    def weights(*entries: object) -> np.ndarray:
        layers = [part(Layer, entry, {}) for entry in entries]
        network = Network(plan(layers, (5,)), part(Cost, "quadratic", {}), Seeds(3))
        network.initialize()
        return np.asarray(network.parameters(0).W.copy())

    np.testing.assert_array_equal(weights({"dense": 4}), weights({"dense": 4}, {"dropout": 0.5}, {"dense": 9}))


def test_either_precision_starts_from_the_same_numbers() -> None:
    drawn = []
    for dtype in (np.float32, np.float64):
        network = Network(
            plan([part(Layer, {"dense": 4}, {})], (5,)), part(Cost, "quadratic", {}), Seeds(3), dtype
        )
        network.initialize()
        drawn.append(network.parameters(0).W)
    np.testing.assert_array_equal(drawn[0], drawn[1].astype(np.float32))


def test_states_are_plain_values_that_bring_a_stream_back() -> None:
    import json

    seeds = Seeds(5)
    seeds.generator("shuffling").random(17)
    states = json.loads(json.dumps(seeds.states()))
    other = Seeds(5)
    other.restore(states)
    assert other.generator("shuffling").random() == seeds.generator("shuffling").random()


def test_a_place_has_the_same_draws_whatever_was_drawn_before() -> None:
    seeds = Seeds(5)
    draws = {
        (epoch, batch): seeds.at("transform/0", epoch, batch).random() for epoch in range(3) for batch in range(3)
    }
    assert len(set(draws.values())) == 9
    assert all(Seeds(5).at("transform/0", *place).random() == drawn for place, drawn in draws.items())
    assert seeds.states() == {}
