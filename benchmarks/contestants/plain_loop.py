"""The loop that the smallest network comes from: a sample a step, plain NumPy in its default precision."""

from itertools import islice

import numpy as np
from rows import Row

from contestants import Block
from contestants.material import material
from nnspec.types import Array


def sigmoid(z: Array) -> Array:
    """The logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-z)))


def block(row: Row) -> Block:
    """A block of training steps."""
    given = material(row)
    images = given.inputs.astype(np.float64)
    targets = given.targets.astype(np.float64)
    W1, W2, W3 = (values["W"].astype(np.float64) for _, values in given.layers if values)
    choices, rate = given.choices(), given.rate

    def run() -> float:
        nonlocal W1, W2, W3
        for (sample,) in islice(choices, row.steps):
            x, t = images[sample].reshape(784, 1), targets[sample].reshape(10, 1)
            a1 = sigmoid(W1 @ x)
            a2 = sigmoid(W2 @ a1)
            a3 = sigmoid(W3 @ a2)
            d3 = (a3 - t) * a3 * (1 - a3)
            d2 = (W3.T @ d3) * a2 * (1 - a2)
            d1 = (W2.T @ d2) * a1 * (1 - a1)
            W3 -= rate * (d3 @ a2.T)
            W2 -= rate * (d2 @ a1.T)
            W1 -= rate * (d1 @ x.T)
        return float(((a3 - t) ** 2).sum() / 2)

    return run
