"""Named child generators of one seed: adding a consumer moves no other stream."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnspec.types import Random


class Seeds:
    """The generators of a run, each known by what it is for: ``shuffling``, ``initialization/layers.0.W``.

    Attributes:
        seed: The seed of all.
        family: What their names start with, where several runs of one seed shall not draw alike.
    """

    def __init__(self, seed: int, family: str = "") -> None:
        self.seed = seed
        self.family = family
        self._generators: dict[str, np.random.Generator] = {}

    def generator(self, name: str) -> Random:
        """The generator of this name; the same one each time, so that it goes on where it stopped."""
        if name not in self._generators:
            self._generators[name] = self.at(name)
        return self._generators[name]

    def at(self, name: str, *place: int) -> Random:
        """A new generator for one place, such as an epoch and a batch in it: what it draws depends on that alone.

        Nothing about it must be kept: whoever comes to the place again, or to it first, draws the same.
        """
        # Not at the top: it brings OpenSSL in, and checks of specs draw nothing.
        from hashlib import sha256

        digest = sha256((self.family + name).encode()).digest()
        key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
        sequence = np.random.SeedSequence(self.seed, spawn_key=key + place)
        return np.random.Generator(np.random.PCG64(sequence))

    def states(self) -> dict[str, Any]:
        """Where each generator stands, in plain numbers and strings."""
        return {name: self._generators[name].bit_generator.state for name in sorted(self._generators)}

    def restore(self, states: Mapping[str, Any]) -> None:
        """Puts each generator where it stood when `states` was asked."""
        for name, state in states.items():
            self.generator(name).bit_generator.state = state
