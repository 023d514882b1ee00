"""Gradients are clipped as the formulas say, the penalty's included."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
import pytest

from engine.gradients import by_name, fill, network, updates
from nnspec.engine.clipping import Clip
from nnspec.engine.stretches import PIECE
from nnspec.engine.updates import Manner
from nnspec.types import Array


def moved(clip: Clip, gradient_scale: float = 1.0, freeze: Sequence[str] = ()) -> tuple[dict[str, Array], ...]:
    """The gradient of one step, penalty included, and what the step subtracted."""
    bound = network()
    before = by_name(bound, bound.weights)
    gradient = fill(bound, 1, gradient_scale)
    updates(bound, {"sgd": 1.0}, Manner(clip=clip, freeze=freeze), {"l2": 0.5}).apply()
    after = by_name(bound, bound.weights)
    whole = {name: g + (0.5 * before[name] if name.endswith("W") else 0) for name, g in gradient.items()}
    return whole, {name: before[name] - after[name] for name in before}


def total_norm(gradients: Mapping[str, Array]) -> float:
    return sqrt(sum(float((gradient**2).sum()) for gradient in gradients.values()))


def test_clipping_by_value_holds_each_number_of_gradient_and_penalty_within_bounds() -> None:
    gradient, moves = moved(Clip("value", 0.3))
    for name, expected in gradient.items():
        np.testing.assert_allclose(moves[name], expected.clip(-0.3, 0.3), rtol=1e-12, atol=1e-15)
    assert any((np.abs(expected) > 0.3).any() for expected in gradient.values())


def test_clipping_by_norm_scales_the_whole_gradient_as_pytorch_does() -> None:
    """g · min(1, x / (|g| + 1e-6)), PyTorch's clip_grad_norm_, but for its 1e-6."""
    gradient, moves = moved(Clip("norm", 0.7))
    for name, expected in gradient.items():
        scale = min(1.0, 0.7 / (total_norm(gradient) + 1e-6))
        np.testing.assert_allclose(moves[name], expected * scale, rtol=1e-5)
    assert total_norm(moves) == pytest.approx(0.7, rel=1e-12)


def test_clipping_by_layer_takes_weights_and_biases_of_a_layer_together() -> None:
    gradient, moves = moved(Clip("layer", 0.7))
    for layer in ("layers.0", "layers.2"):
        own = {name: gradient[name] for name in (f"{layer}.W", f"{layer}.b")}
        for name, expected in own.items():
            np.testing.assert_allclose(moves[name], expected * 0.7 / total_norm(own), rtol=1e-12)


@pytest.mark.parametrize("by", ["norm", "layer"])
def test_a_gradient_below_the_bound_is_left_as_it_is(by: Any) -> None:
    gradient, moves = moved(Clip(by, 50.0))
    for name, expected in gradient.items():
        np.testing.assert_allclose(moves[name], expected, rtol=1e-12, atol=1e-15)


def test_frozen_parameters_count_for_no_norm() -> None:
    gradient, moves = moved(Clip("norm", 0.7), freeze=["layers.2.*"])
    live = {name: gradient[name] for name in ("layers.0.W", "layers.0.b")}
    for name, expected in live.items():
        np.testing.assert_allclose(moves[name], expected * 0.7 / total_norm(live), rtol=1e-12)
    assert not moves["layers.2.W"].any()


def test_a_batch_whose_norm_is_beyond_all_numbers_moves_nothing() -> None:
    bound = network(dtype=np.float32)
    before = bound.weights.copy()
    update = updates(bound, {"sgd": 1.0}, Manner(clip=Clip("norm", 1.0)))
    fill(bound, 1, 1e25)
    with np.errstate(over="ignore"):
        update.apply()
    np.testing.assert_array_equal(bound.weights, before)


def test_a_norm_goes_over_all_pieces_of_a_long_vector() -> None:
    bound = network([{"dense": 3}], PIECE)
    gradient = fill(bound, 4)
    before = bound.weights.copy()
    updates(bound, {"sgd": 1.0}, Manner(clip=Clip("norm", 2.0))).apply()
    moves = before - bound.weights
    assert np.linalg.norm(moves) == pytest.approx(2.0, rel=1e-12)
    cosine = moves[:5] / bound.layout.places[0].view(moves).reshape(-1)[:5]
    np.testing.assert_allclose(cosine, 1)
    expected = gradient["layers.0.W"] * 2.0 / total_norm(gradient)
    np.testing.assert_allclose(bound.layout.places[0].view(moves), expected, rtol=1e-9, atol=1e-14)
