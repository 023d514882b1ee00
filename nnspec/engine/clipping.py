"""Gradients held within bounds before a step: each number, the whole vector's norm, or each layer's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from typing import Literal

import numpy as np

from nnspec.engine.network import Network
from nnspec.engine.stretches import Stretch
from nnspec.types import Array


@dataclass(frozen=True)
class Clip:
    """How gradients are clipped.

    Attributes:
        by: ``value``: each number lies between -limit and limit. ``norm``: a gradient whose Euclidean norm is
            above the limit is scaled down to it. ``layer``: the same for each layer's parameters by themselves.
        limit: The bound.
    """

    by: Literal["value", "norm", "layer"]
    limit: float


def clipper(clip: Clip, network: Network, live: Sequence[Stretch]) -> Callable[[], None]:
    """What clips a network's gradient in place.

    Args:
        clip: How.
        network: Whose gradient.
        live: What is trained; frozen parameters count for no norm.
    """
    if clip.by == "value":
        pieces = _cut(network.gradient, live)
        return lambda: _bound(pieces, clip.limit)
    groups = [_cut(network.gradient, live)] if clip.by == "norm" else _layers(network, live)
    return lambda: _scale_down(groups, clip.limit)


def _cut(vector: Array, live: Sequence[Stretch]) -> list[Array]:
    return [vector[piece] for stretch in live for piece in stretch.pieces()]


def _layers(network: Network, live: Sequence[Stretch]) -> list[list[Array]]:
    """The gradient's numbers of each layer."""
    named = [
        (place.name.rpartition(".")[0], place.view(network.gradient).reshape(-1))
        for place in network.layout.places
        if any(stretch.start <= place.start < stretch.stop for stretch in live)
    ]
    named.sort(key=lambda item: item[0])
    return [[view for _, view in group] for _, group in groupby(named, key=lambda item: item[0])]


def _bound(pieces: Sequence[Array], limit: float) -> None:
    for piece in pieces:
        np.maximum(piece, -limit, out=piece)
        np.minimum(piece, limit, out=piece)


def _scale_down(groups: Sequence[Sequence[Array]], limit: float) -> None:
    for group in groups:
        # A sum of squares beyond the type's range is infinite: that batch is left out, its gradient scaled to 0.
        norm = sqrt(sum(float(np.dot(part, part)) for part in group))
        if norm > limit:
            for part in group:
                np.multiply(part, limit / norm, out=part)
