"""Small networks with gradients drawn by chance, and updates of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Layer
from nnspec.contracts.optimizer import Optimizer
from nnspec.contracts.regularizer import Regularizer
from nnspec.engine.network import Network
from nnspec.engine.plan import plan
from nnspec.engine.seeds import Seeds
from nnspec.engine.updates import Manner, Updates
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part
MLP = [{"dense": 4}, "tanh", {"dense": 3}, "softmax"]
NORMED = [{"dense": 4}, "batch_norm", "tanh", {"dense": 3}, "softmax"]


def network(layers: Sequence[Any] = MLP, inputs: int = 5, dtype: Any = np.float64, shards: int = 1) -> Network:
    bound = Network(
        plan([part(Layer, entry, {}) for entry in layers], (inputs,)),
        part(Cost, "cross_entropy", {}),
        Seeds(3),
        dtype,
        shards=shards,
    )
    bound.initialize()
    return bound


def updates(bound: Network, optimizer: Any, manner: Manner, penalty: Any = None, **more: Any) -> Updates:
    regularizer = part(Regularizer, penalty, {}) if penalty is not None else None
    return Updates(bound, part(Optimizer, optimizer, {}), regularizer, manner=manner, **more)


def by_name(bound: Network, flat: Array) -> dict[str, Array]:
    return {name: view.copy() for name, view in bound.layout.named(flat)}


def fill(bound: Network, seed: int, scale: float = 1.0) -> dict[str, Array]:
    """A gradient drawn by chance, 0 in the gaps."""
    random = np.random.default_rng(seed)
    for _, view in bound.layout.named(bound.gradient):
        view[...] = scale * random.normal(size=view.shape)
    return by_name(bound, bound.gradient)


def batch(samples: int, seed: int, dtype: Any = np.float64) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    targets = np.eye(3, dtype=dtype)[random.integers(3, size=samples)].T
    return random.normal(size=(5, samples)).astype(dtype), targets.copy()


def train(bound: Network, update: Updates, x: Array, t: Array) -> None:
    bound.forward(x, training=True)
    bound.backward(t)
    update.apply(x.shape[-1])
