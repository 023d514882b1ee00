"""All parameters in one flat vector, with named views into it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnspec.contracts.layer import Parameter
from nnspec.engine.plan import Node
from nnspec.engine.seeds import Seeds
from nnspec.types import Array, size

# Views start at multiples of 64 bytes in float32, where vector instructions like them.
ALIGNMENT = 16


class Views(SimpleNamespace):
    """``p.W``, ``p.b``: a layer's arrays by name."""

    def __getattr__(self, name: str) -> Array:
        raise AttributeError(f"the layer declares no `{name}`")


@dataclass(frozen=True)
class Place:
    """Where one parameter lies in the flat vector.

    Attributes:
        name: ``layers.0.W``.
        node: Index of its layer in the plan.
        key: Its name within the layer: ``W``.
        parameter: As the layer declared it.
        start: First element.
    """

    name: str
    node: int
    key: str
    parameter: Parameter
    start: int

    def view(self, flat: Array) -> Array:
        """The parameter as an array of its own shape, sharing the flat vector's memory."""
        return flat[self.start : self.start + size(self.parameter.shape)].reshape(self.parameter.shape)


class Layout:
    """Which parameter lies where: those that decay first, so that weight decay is one slice.

    Attributes:
        places: All parameters, in the order of the vector.
        size: Length of the vector; gaps between views count and stay 0.
        decaying: Length of the slice at the front that regularizers act on.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        declared = [
            (index, node.path, key, parameter)
            for index, node in enumerate(nodes)
            for key, parameter in node.declaration.parameters.items()
        ]
        places, start, self.decaying = [], 0, 0
        for index, path, key, parameter in sorted(declared, key=lambda item: not item[3].decays):
            places.append(Place(f"{path}.{key}", index, key, parameter, start))
            start += -(-size(parameter.shape) // ALIGNMENT) * ALIGNMENT
            if parameter.decays:
                self.decaying = start
        self.places: tuple[Place, ...] = tuple(places)
        self.size = start
        self._nodes = len(nodes)

    def matching(self, pattern: str) -> list[str]:
        """Names of the parameters that a pattern fits: ``layers.0.*``, ``*.b``, ``layers.[0-3].W``."""
        return [place.name for place in self.places if fnmatchcase(place.name, pattern)]

    def views(self, flat: Array) -> list[Views]:
        """For each layer of the plan, its parameters in this vector."""
        named: list[dict[str, Array]] = [{} for _ in range(self._nodes)]
        for place in self.places:
            named[place.node][place.key] = place.view(flat)
        return [Views(**arrays) for arrays in named]

    def named(self, flat: Array) -> Iterator[tuple[str, Array]]:
        """Each parameter's full name and its view into this vector."""
        for place in self.places:
            yield place.name, place.view(flat)

    def initialize(self, flat: Array, seeds: Seeds) -> None:
        """Fills every parameter, each from a generator of its own."""
        for place in self.places:
            random = seeds.generator(f"initialization/{place.name}")
            parameter = place.parameter
            # Drawn in float64 and rounded: the same numbers in either precision.
            values: np.ndarray[Any, Any] = np.empty(parameter.shape)
            parameter.initializer.fill(values, parameter.fan_in, parameter.fan_out, random)
            place.view(flat)[...] = values
