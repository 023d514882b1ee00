"""Named child generators of one seed: adding a consumer moves no other stream."""

from typing import Any

import numpy as np

from nnspec.types import Random


class Seeds:
    """The generators of a run, each known by what it is for: ``shuffling``, ``initialization/layers.0.W``."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._generators: dict[str, np.random.Generator] = {}

    def generator(self, name: str) -> Random:
        """The generator of this name; the same one each time, so that it goes on where it stopped."""
        if name not in self._generators:
            # Not at the top: it brings OpenSSL in, and checks of specs draw nothing.
            from hashlib import sha256

            digest = sha256(name.encode()).digest()
            key = tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))
            sequence = np.random.SeedSequence(self.seed, spawn_key=key)
            self._generators[name] = np.random.Generator(np.random.PCG64(sequence))
        return self._generators[name]

    def states(self) -> dict[str, Any]:
        """Where each generator stands, in plain numbers and strings."""
        return {name: self._generators[name].bit_generator.state for name in sorted(self._generators)}
