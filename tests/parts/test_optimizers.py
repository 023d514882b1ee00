"""Optimizers against plain loops over single numbers and against their published form."""

import numpy as np
import pytest

from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part


def descend(entry: object, start: Array, steps: int) -> list[Array]:
    """Steps on f(w) = w₁² / 2 + 5 w₂², whose gradient is (w₁, 10 w₂)."""
    optimizer = part(Optimizer, entry, {})
    weights, slots = start.copy(), {name: np.zeros(2) for name in optimizer.slots}
    track = []
    for step in range(1, steps + 1):
        piece = Piece(weights, np.array([1.0, 10.0]) * weights, slots, np.empty(2))
        optimizer.update(piece, optimizer.learning_rate, step)
        track.append(weights.copy())
    return track


def test_sgd_by_hand() -> None:
    # w₁: 1, 0.9, 0.81; w₂: 2, 2 - 0.1 * 20 = 0, 0
    track = descend({"sgd": 0.1}, np.array([1.0, 2.0]), 2)
    np.testing.assert_allclose(track, [[0.9, 0.0], [0.81, 0.0]], rtol=1e-15)


def test_momentum_by_hand() -> None:
    # v = 1, w = 0.9; v = 0.5 + 0.9 = 1.4, w = 0.76; v = 0.7 + 0.76 = 1.46, w = 0.614
    track = descend({"momentum": {"learning_rate": 0.1, "momentum": 0.5}}, np.array([1.0, 0.0]), 3)
    np.testing.assert_allclose([step[0] for step in track], [0.9, 0.76, 0.614], rtol=1e-14)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_momentum_against_a_plain_loop(momentum: float) -> None:
    rate, weights, velocity = 0.03, [0.7, -1.3], [0.0, 0.0]
    track = descend({"momentum": {"learning_rate": rate, "momentum": momentum}}, np.array(weights), 25)
    for step in range(25):
        for index, curvature in enumerate((1.0, 10.0)):
            velocity[index] = momentum * velocity[index] + curvature * weights[index]
            weights[index] -= rate * velocity[index]
        np.testing.assert_allclose(track[step], weights, rtol=1e-11)


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_nesterov_is_the_published_method_seen_from_the_point_looked_ahead_to(momentum: float) -> None:
    """I. Sutskever and others, 2013, equations 3 and 4: v' = μ v - η ∇f(θ + μ v), θ' = θ + v'.

    What is trained are the points at which the gradient is taken, θ + μ v.
    """
    rate, curvatures = 0.03, np.array([1.0, 10.0])
    start = np.array([0.7, -1.3])
    entry = {"momentum": {"learning_rate": rate, "momentum": momentum, "nesterov": True}}
    track = descend(entry, start, 25)
    position, velocity = start.copy(), np.zeros(2)
    for step in range(25):
        velocity = momentum * velocity - rate * curvatures * (position + momentum * velocity)
        position = position + velocity
        np.testing.assert_allclose(track[step], position + momentum * velocity, rtol=1e-10)


def test_momentum_of_zero_is_sgd() -> None:
    start = np.array([0.3, -0.4])
    plain = descend({"sgd": 0.05}, start, 10)
    np.testing.assert_allclose(descend({"momentum": {"learning_rate": 0.05, "momentum": 0.0}}, start, 10), plain)


def test_a_piece_is_written_to_in_place_and_refuses_another_array() -> None:
    weights = np.ones(3)
    piece = Piece(weights, np.full(3, 0.5), {}, np.empty(3))
    piece.weights -= piece.gradient
    assert weights.tolist() == [0.5, 0.5, 0.5]
    with pytest.raises(AttributeError, match=r"`piece.weights` would be another array.*`piece.weights\[...\] = `"):
        piece.weights = piece.weights - piece.gradient
    assert piece.weights is weights
