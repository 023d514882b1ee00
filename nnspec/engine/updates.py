"""Optimizer steps over cache-sized pieces of the flat vectors."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnspec.contracts.optimizer import Optimizer, Piece
from nnspec.contracts.regularizer import Regularizer
from nnspec.contracts.schedule import Schedule
from nnspec.engine.network import Network
from nnspec.types import Array

# 128 KB in float32: weights, gradient, scratch and two slots of a piece stay in a core's second cache together.
PIECE = 32768


class Updates:
    """Applies an optimizer, and a regularizer before it, to a network's parameters.

    Attributes:
        slots: The optimizer's running state, each a vector as long as the parameters.
        step: Steps taken so far.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        regularizer: Regularizer | None = None,
        schedule: Schedule | None = None,
        steps: int = 1,
    ) -> None:
        """Prepares the steps of a training.

        Args:
            network: Whose parameters are updated.
            optimizer: How.
            regularizer: What is added to the gradient of the parameters that decay.
            schedule: How the learning rate changes.
            steps: Steps that the whole training takes, for the schedule.
        """
        self.optimizer = optimizer
        self.regularizer = regularizer
        self.schedule = schedule
        self.steps = steps
        self.slots = {name: np.zeros_like(network.weights) for name in optimizer.slots}
        self.step = 0
        self._decaying: Array = network.weights[: network.layout.decaying]
        self._scratch = np.empty(min(PIECE, len(network.weights)), network.dtype)
        self._decaying_pieces = self._pieces(network, 0, network.layout.decaying)
        self._other_pieces = self._pieces(network, network.layout.decaying, network.layout.size)

    def apply(self) -> None:
        """Takes one step along the network's gradient, which is used up."""
        self.step += 1
        rate, step, update = self.rate(self.step), self.step, self.optimizer.update
        for piece in self._decaying_pieces:
            if self.regularizer is not None:
                self.regularizer.add_gradient(piece.weights, piece.gradient, piece.scratch)
            update(piece, rate, step)
        for piece in self._other_pieces:
            update(piece, rate, step)

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 1."""
        if self.schedule is None:
            return self.optimizer.learning_rate
        return self.optimizer.learning_rate * self.schedule.factor(step, self.steps)

    def state(self) -> dict[str, Any]:
        """What is remembered beside the slots, in plain numbers."""
        return {"step": self.step}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.step = state["step"]

    def penalty(self) -> float:
        """What the regularizer adds to the cost."""
        return self.regularizer.penalty(self._decaying) if self.regularizer is not None else 0.0

    def _pieces(self, network: Network, start: int, stop: int) -> list[Piece]:
        return [
            Piece(
                network.weights[first:last],
                network.gradient[first:last],
                {name: slot[first:last] for name, slot in self.slots.items()},
                self._scratch[: last - first],
                decays=first < network.layout.decaying,
            )
            for first in range(start, stop, PIECE)
            for last in [min(first + PIECE, stop)]
        ]
