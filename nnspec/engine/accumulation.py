"""Gradients gathered over several batches, for steps of more samples than memory has room for."""

from collections.abc import Sequence

import numpy as np

from nnspec.engine.aligned import zeros_like
from nnspec.engine.network import Network
from nnspec.engine.stretches import Stretch
from nnspec.types import Array


class Accumulation:
    """The sum of the gradients of the batches since the last step.

    Each batch counts by its samples, so that the mean is that of all samples: the gradient of one large batch.

    Attributes:
        every: So many batches make a step.
        total: The gradients' sum, each times its samples; as long as the parameters.
        batches: Batches in it.
        samples: Samples in it.
    """

    def __init__(self, network: Network, every: int, live: Sequence[Stretch], scratch: Array) -> None:
        self.every = every
        self.total = zeros_like(network.weights)
        self.batches = 0
        self.samples = 0
        self._pieces = [
            (network.gradient[piece], self.total[piece], scratch[: piece.stop - piece.start])
            for stretch in live
            for piece in stretch.pieces()
        ]

    def add(self, samples: int) -> bool:
        """Takes in the gradient of a batch.

        Returns:
            Whether there are enough for a step.
        """
        for gradient, total, scratch in self._pieces:
            if self.batches:
                np.multiply(gradient, samples, out=scratch)
                np.add(total, scratch, out=total)
            else:
                np.multiply(gradient, samples, out=total)
        self.batches += 1
        self.samples += samples
        return self.batches == self.every

    def release(self) -> None:
        """Makes the network's gradient the mean over all samples taken in, and starts anew."""
        for gradient, total, _ in self._pieces:
            np.multiply(total, 1 / self.samples, out=gradient)
        self.batches = self.samples = 0
