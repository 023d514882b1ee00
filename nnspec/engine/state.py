"""What layers keep from step to step without training it: arrays by name, one set for a whole network."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnspec.engine.parameters import Views
from nnspec.engine.plan import Node
from nnspec.types import Array, DType


class LayerStates:
    """The state of every layer of a plan.

    Attributes:
        views: For each layer its arrays by name, the same ones for all its contexts.
    """

    def __init__(self, nodes: Sequence[Node], dtype: DType) -> None:
        self._nodes = tuple(nodes)
        self._dtype = dtype
        self.views = [
            Views(**{name: np.empty(state.shape, dtype) for name, state in node.declaration.state.items()})
            for node in self._nodes
        ]
        self.reset()

    def reset(self) -> None:
        """Fills every array with what its layer declared."""
        for node, views in zip(self._nodes, self.views, strict=True):
            for name, state in node.declaration.state.items():
                getattr(views, name)[...] = state.fill

    def copy(self) -> "LayerStates":
        """Arrays of its own with the same content."""
        other = LayerStates(self._nodes, self._dtype)
        other.follow(self)
        return other

    def follow(self, other: "LayerStates") -> None:
        """Takes over the content of another one of the same plan."""
        for (_, mine), (_, theirs) in zip(self.named(), other.named(), strict=True):
            mine[...] = theirs

    def named(self) -> Iterator[tuple[str, Array]]:
        """Each array with its full name: ``layers.1.mean``."""
        for node, views in zip(self._nodes, self.views, strict=True):
            for name in node.declaration.state:
                yield f"{node.path}.{name}", getattr(views, name)
