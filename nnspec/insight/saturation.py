"""Layers that have stopped learning: units that never move, and units that hardly let a gradient through."""

from dataclasses import dataclass

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.engine.context import LayerContext
from nnspec.engine.lane import visits
from nnspec.engine.network import Network
from nnspec.types import Array

ALARM = 0.95
"""A layer is worth a warning when more than this share of it is dead or saturated."""
FLAT = 0.01
"""A slope below this share of the layer's steepest counts as flat: for a sigmoid, an input beyond 6."""


@dataclass(frozen=True)
class Activity:
    """How alive an activation layer is, over a sample of inputs.

    Attributes:
        path: ``layers.1``.
        name: The activation.
        dead: Share of units whose output is the same for every sample, and whose slope is flat there.
        saturated: Share of units and samples at which the slope is flat.
        hidden: Whether it is a hidden layer; the outputs of a good classifier are saturated.
    """

    path: str
    name: str
    dead: float
    saturated: float
    hidden: bool

    @property
    def warning(self) -> str | None:
        """What to tell the reader, if anything."""
        if self.dead > ALARM:
            return (
                f"{self.path} ({self.name}): {self.dead:.0%} of its units are dead: they answer every sample "
                "alike and no gradient passes them. Lower the learning rate, or scale the inputs or weights down."
            )
        if self.hidden and self.saturated > ALARM:
            return (
                f"{self.path} ({self.name}): saturated for {self.saturated:.0%} of units and samples: hardly any "
                "gradient passes it. Scale the inputs or initial weights down, or lower the learning rate."
            )
        return None


def activities(network: Network, x: Array) -> list[Activity]:
    """How alive each elementwise activation of a network is on a batch, wherever in the stack.

    Args:
        network: The network.
        x: (*input, N), a sample of a few hundred inputs.
    """
    network.forward(x)
    found = []
    first, last = network.nodes[0], network.nodes[-1]
    for node, ctx in visits(network.nodes, network.lane.contexts):
        layer = node.layer
        if not isinstance(layer, Activation) or not layer.elementwise or node is first:
            continue
        slopes = np.empty_like(ctx.y)
        ones = np.broadcast_to(np.ones((), ctx.y.dtype), ctx.y.shape)
        layer.gradient(ones, ctx.x, ctx.y, slopes, ctx)
        steepest = _steepest(layer)
        flat = np.abs(slopes, out=slopes).reshape(-1, x.shape[-1]) < FLAT * steepest
        outputs = ctx.y.reshape(-1, x.shape[-1])
        lowest, highest = outputs.min(axis=1), outputs.max(axis=1)
        still = highest - lowest <= 1e-3 * np.maximum(1, np.maximum(highest, -lowest))
        dead = still & flat.all(axis=1)
        found.append(Activity(node.path, node.name, float(dead.mean()), float(flat.mean()), node is not last))
    return found


def _steepest(layer: Activation) -> float:
    """The largest slope the activation has anywhere near 0."""
    x = np.linspace(-3, 3, 61).reshape(1, -1)
    ctx = LayerContext(np.random.default_rng(0), x.dtype)
    y, slope = np.empty_like(x), np.empty_like(x)
    layer.apply(x, y, ctx)
    layer.gradient(np.ones_like(x), x, y, slope, ctx)
    return float(np.abs(slope).max())
