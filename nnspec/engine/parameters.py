"""All parameters in one flat vector, with named views into it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import numpy as np

from nnspec.contracts.initializer import Tie
from nnspec.contracts.layer import Parameter
from nnspec.engine.plan import Node
from nnspec.engine.seeds import Seeds
from nnspec.engine.ties import declared, mistakes
from nnspec.types import Array, size

# Views start at multiples of 64 bytes in float32, where vector instructions like them.
ALIGNMENT = 16


class Views(SimpleNamespace):
    """``p.W``, ``p.b``: a layer's arrays by name; ``p.inner("0").W`` is ``0.W``, of the layer 0 within it."""

    # Beside the arrays, not among them.
    __slots__ = ("_within",)

    def __init__(self, **arrays: Array) -> None:
        super().__init__(**arrays)
        self._within: dict[str, Views] = {}

    def __getattr__(self, name: str) -> Array:
        raise AttributeError(f"the layer declares no `{name}`")

    def inner(self, name: str) -> "Views":
        """The arrays of a layer within this one; none where it has none."""
        found = self._within.get(name)
        if found is None:
            above = f"{name}."
            within = {key.removeprefix(above): array for key, array in vars(self).items() if key.startswith(above)}
            found = self._within[name] = Views(**within)
        return found


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


@dataclass(frozen=True)
class Gradients:
    """Where layers write gradients: views of a gradient vector, and for tied parameters arrays of their own.

    Each layer overwrites what it is handed, so what several have to say of one parameter is added afterwards.

    Attributes:
        views: For each layer of the plan.
        tied: The gradient of a parameter in the vector, and what another layer has to add to it.
    """

    views: list[Views]
    tied: list[tuple[Array, Array]]

    def add_tied(self) -> None:
        """Completes the gradients of parameters that are used more than once; once after each backward pass."""
        for whole, part in self.tied:
            np.add(whole, part, out=whole)


class Layout:
    """Which parameter lies where: those that decay first, so that weight decay is one slice.

    A tied parameter lies nowhere: it is a view of the other's place.

    Attributes:
        places: All parameters that have numbers of their own, in the order of the vector.
        size: Length of the vector; gaps between views count and stay 0.
        decaying: Length of the slice at the front that regularizers act on.
        shared: Names of the parameters that others are tied to.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        """Lays the parameters of a plan out.

        Raises:
            TieError: A parameter is tied to one that it cannot share.
        """
        for mistake in mistakes(nodes):
            raise mistake
        everything = list(declared(nodes))
        own = [item for item in everything if item.tie is None]
        places, start, self.decaying = [], 0, 0
        for item in sorted(own, key=lambda item: not item.parameter.decays):
            places.append(Place(item.name, item.node, item.key, item.parameter, start))
            start += -(-size(item.parameter.shape) // ALIGNMENT) * ALIGNMENT
            if item.parameter.decays:
                self.decaying = start
        self.places: tuple[Place, ...] = tuple(places)
        self.size = start
        self._nodes = len(nodes)
        named = {place.name: place for place in places}
        self.shared = frozenset(item.tie.name for item in everything if item.tie is not None)
        self._tied = [(item, named[item.tie.name], item.tie) for item in everything if item.tie is not None]

    def matching(self, pattern: str) -> list[str]:
        """Names of the parameters that a pattern fits: ``layers.0.*``, ``*.b``, ``layers.[0-3].W``."""
        return [place.name for place in self.places if fnmatchcase(place.name, pattern)]

    def views(self, flat: Array) -> list[Views]:
        """For each layer of the plan, its parameters in this vector."""
        shared = {(item.node, item.key): _shared(place, tie, flat) for item, place, tie in self._tied}
        return self._views(flat, shared)

    def gradients(self, flat: Array) -> "Gradients":
        """The same for a gradient vector."""
        parts = {(item.node, item.key): np.zeros(item.parameter.shape, flat.dtype) for item, *_ in self._tied}
        wholes = [_shared(place, tie, flat) for _, place, tie in self._tied]
        return Gradients(self._views(flat, parts), list(zip(wholes, parts.values(), strict=True)))

    def _views(self, flat: Array, tied: Mapping[tuple[int, str], Array]) -> list[Views]:
        named: list[dict[str, Array]] = [{} for _ in range(self._nodes)]
        for place in self.places:
            named[place.node][place.key] = place.view(flat)
        for (node, key), array in tied.items():
            named[node][key] = array
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
            # Drawn in float64 and rounded: the same numbers in either precision. What is left out is found by NaN.
            values: np.ndarray[Any, Any] = np.full(parameter.shape, np.nan)
            parameter.initializer.fill(values, parameter.fan_in, parameter.fan_out, random)
            place.view(flat)[...] = values


def _shared(place: Place, tie: Tie, flat: Array) -> Array:
    """A parameter's view as the one that is tied to it sees it."""
    view = place.view(flat)
    return view.swapaxes(0, 1) if tie.transposed else view
