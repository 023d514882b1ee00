"""What a trained network thinks a class looks like.

Two ways to ask. `reverse` passes the class backwards through the transposed weights and leaves the activations
out: a picture of what speaks for the class and what against it. `ascent` starts from an empty sample and climbs
the gradient of the class until the network is sure: a picture of what it wants to see.
(K. Simonyan and others, Deep Inside Convolutional Networks, 2013, section 2; the smoothing of the gradient after
J. Yosinski and others, Understanding Neural Networks Through Deep Visualization, 2015, section 3)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.engine.network import Network
from nnspec.insight.passes import backward
from nnspec.types import Array, Shape

STEPS = 100
STEP = 0.05
"""How far the strongest input moves in a step, as a share of its range."""
PULL = 0.3
"""Strength of the L2 term, which draws every input back to where it began."""
NUDGE = 0.01
SMOOTHINGS = 2


@dataclass(frozen=True)
class Space:
    """The inputs that a network may be shown.

    Attributes:
        low: The least that the data has at each input, behind the transforms, (*input, 1).
        high: The most.
        start: Where an empty sample lies between the two, from 0 to 1.
        picture: Channels, height and width, where the inputs are pixels.
    """

    low: Array
    high: Array
    start: float = 0.5
    picture: Shape | None = None

    def at(self, share: Array) -> Array:
        """The input that lies so far between the bounds, from 0 to 1."""
        x: Array = self.low + share.astype(self.low.dtype) * (self.high - self.low)
        return x


@dataclass(frozen=True)
class Imagined:
    """A class as the network imagines it.

    Attributes:
        share: Each input, from 0 to 1 between the bounds of the data, (*input).
        neutral: The share that speaks neither for nor against the class; None where there is no such thing.
        outputs: What the network says of it, (outputs,).
    """

    share: Array
    neutral: float | None
    outputs: Array


def reverse(network: Network, number: int, space: Space) -> Imagined:
    """The class passed backwards through the weights, activations passed over, brought to the range 0 to 1.

    Args:
        network: Made with ``input_gradient``.
        number: The class.
        space: The inputs there are.
    """
    network.forward(space.at(np.full_like(space.low, space.start)))
    activations = {index for index, node in enumerate(network.nodes) if isinstance(node.layer, Activation)}
    evidence = _to_input(network, _direction(network, number), activations)
    low, spread = float(evidence.min()), float(np.ptp(evidence))
    share = (evidence - low) / (spread or 1.0)
    neutral = min(max(-low / (spread or 1.0), 0.0), 1.0)
    return _fed_forward(network, share, neutral, space)


def ascent(network: Network, number: int, space: Space) -> Imagined:
    """Where gradient ascent leads that makes the class likelier than all others taken together.

    The first step is taken from the same place each time, so the result is always the same.

    Args:
        network: Made with ``input_gradient``.
        number: The class.
        space: The inputs there are.
    """
    # Not quite empty: at an input of exactly 0, rectifiers without biases let no gradient through.
    share = np.full_like(space.low, min(space.start + NUDGE, 1 - NUDGE))
    last = len(network.nodes) - 1
    # A saturated output lets no gradient through, so the climb is by what comes before it.
    skip = {last} if isinstance(network.nodes[last].layer, Activation) else set()
    for _ in range(STEPS):
        y = network.forward(space.at(share))
        logits = network.lane.contexts[-1].x if skip else y
        slope = _to_input(network, _log_odds(logits, number), skip) * (space.high - space.low)
        slope = _smooth(slope, space.picture)
        steepest = float(np.abs(slope).max())
        if steepest > 0:
            slope = slope / steepest
        share = np.clip(share + STEP * (slope - PULL * (share - space.start)), 0, 1)
    return _fed_forward(network, share, None, space)


METHODS: dict[str, Callable[[Network, int, Space], Imagined]] = {"reverse": reverse, "ascent": ascent}
"""The ways to ask, by name."""


def _fed_forward(network: Network, share: Array, neutral: float | None, space: Space) -> Imagined:
    outputs = network.forward(space.at(share)).reshape(-1).copy()
    return Imagined(share[..., 0].copy(), neutral, outputs)


def _to_input(network: Network, dy: Array, skip: set[int]) -> Array:
    dx = None
    for passage in backward(network, dy, skip):
        dx = passage.dx
    if dx is None:
        raise ValueError("the backward pass must reach the input: open the run with input_gradient=True")
    return dx


def _direction(network: Network, number: int) -> Array:
    """The outputs that mean a class alone, (*output, 1); of a single output, more of it or less."""
    output = network.nodes[-1].output
    direction = np.zeros((*output, 1), network.dtype)
    if direction.size == 1:
        direction[...] = 1 if number == 1 else -1
    else:
        direction.flat[number] = 1
    return direction


def _log_odds(logits: Array, number: int) -> Array:
    """The gradient, by the logits, of how likely a class is against all others together."""
    if logits.size == 1:
        return np.full_like(logits, 1 if number == 1 else -1)
    others = logits.astype(np.float64)
    others.flat[number] = -np.inf
    odds = np.exp(others - others.max())
    gradient = -odds / odds.sum()
    gradient.flat[number] = 1
    slope: Array = gradient.astype(logits.dtype)
    return slope


def _smooth(slope: Array, picture: Shape | None) -> Array:
    """The gradient of neighbouring pixels taken together: what a single pixel wants is mostly noise."""
    if picture is None:
        return slope
    smooth = slope.reshape(picture)
    for axis in (1, 2) * SMOOTHINGS:
        length = smooth.shape[axis]
        padded = np.pad(smooth, [(1, 1) if side == axis else (0, 0) for side in range(3)], mode="edge")
        before, here, after = (padded.take(range(shift, shift + length), axis) for shift in range(3))
        smooth = (before + 2 * here + after) / 4
    return smooth.reshape(slope.shape)
