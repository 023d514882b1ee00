"""Plain descent has its rate in the gradient: who makes the step, and with which numbers."""

from typing import Any

import numpy as np
import pytest

from engine.gradients import batch, network, part, updates
from nnspec.contracts.schedule import Schedule
from nnspec.engine.clipping import Clip
from nnspec.engine.updates import Manner, Updates
from nnspec.parts.optimizers.sgd import Sgd


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("schedule", [None, {"exponential": 0.9}])
@pytest.mark.parametrize("manner", [Manner(), Manner(rates={"*.b": 0.5}), Manner(freeze=["layers.0.*"])])
def test_the_rate_in_the_gradient_leads_where_the_rate_behind_it_leads(
    manner: Manner, schedule: Any, shards: int
) -> None:
    apart, within = (network(shards=size) for size in (1, shards))
    rate = part(Schedule, schedule, {}) if schedule else None
    behind, ahead = (Updates(bound, Sgd(learning_rate=0.3), None, rate, 9, manner) for bound in (apart, within))
    for seed in range(4):
        x, t = batch(6, seed)
        cost = apart.step(x, t)
        behind.apply(6)
        assert ahead.scale() == ahead.rate(ahead.step + 1)
        assert within.step(x, t, ahead.scale()) == pytest.approx(cost, rel=1e-12)
        ahead.apply(6)
    np.testing.assert_allclose(within.weights, apart.weights, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(
    ("optimizer", "manner", "regularizer"),
    [
        ({"momentum": 0.1}, Manner(), None),
        ({"sgd": 0.1}, Manner(), {"l2": 0.1}),
        ({"sgd": 0.1}, Manner(Clip("norm", 1.0)), None),
        ({"sgd": 0.1}, Manner(accumulate=2), None),
    ],
)
def test_the_rate_stays_out_of_gradients_that_others_look_at(
    optimizer: Any, manner: Manner, regularizer: Any
) -> None:
    assert updates(network(), optimizer, manner, regularizer).scale() == 1


def test_gradients_of_shards_stay_apart_where_each_is_subtracted_by_itself() -> None:
    bound, (x, t) = network(shards=2), batch(5, 0)
    update = updates(bound, {"sgd": 0.5}, Manner())
    bound.step(x, t)
    (whole,) = (vector.copy() for vector in bound.summands)
    assert len(bound.summands) == 1
    bound.step(x, t, update.scale())
    assert len(bound.summands) == 2
    np.testing.assert_allclose(sum(bound.summands), 0.5 * whole, rtol=1e-12, atol=1e-16)
    before = bound.weights.copy()
    update.apply(5)
    np.testing.assert_allclose(bound.weights, before - 0.5 * whole, rtol=1e-12, atol=1e-16)
    bound.step(x[:, :1], t[:, :1], update.scale())
    assert len(bound.summands) == 1


def test_a_rate_of_zero_moves_nothing() -> None:
    class Resting(Schedule):
        def factor(self, step: int, steps: int) -> float:
            return 0.0 if step == 1 else 1.0

    bound = network()
    update, (x, t) = Updates(bound, Sgd(learning_rate=0.5), None, Resting(), 2), batch(4, 0)
    before = bound.weights.copy()
    for moved in (False, True):
        bound.step(x, t, update.scale())
        update.apply(4)
        assert np.array_equal(bound.weights, before) is not moved


def test_a_backward_pass_by_itself_leaves_the_rate_to_the_update() -> None:
    bound = network()
    update, (x, t) = updates(bound, {"sgd": 0.5}, Manner()), batch(4, 0)
    bound.step(x, t, update.scale())
    bound.forward(x, training=True)
    bound.backward(t)
    before, gradient = bound.weights.copy(), bound.gradient.copy()
    update.apply(4)
    np.testing.assert_allclose(bound.weights, before - 0.5 * gradient, rtol=1e-12)
