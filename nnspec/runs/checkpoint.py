"""Checkpoints: everything that decides how training goes on, in one safetensors file.

The tensors, by name: ``parameters/layers.0.W``, ``slots/velocity/layers.0.W``, ``state/layers.1.mean``,
``fitted/0.mean``, ``goal/mean``. One metadata key holds canonical JSON: position, generator states, best so far,
and a SHA-256 over it and the tensors.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.updates import Updates
from nnspec.errors import DataError
from nnspec.files.tensors import METADATA, read_tensors
from nnspec.types import Array

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and what else must be known.

    Attributes:
        tensors: C-contiguous arrays.
        state: Plain numbers, strings, lists and mappings.
    """

    tensors: Mapping[str, Array]
    state: Mapping[str, Any]

    @classmethod
    def take(
        cls, network: Network, updates: Updates, pipeline: Pipeline, state: Mapping[str, Any]
    ) -> "Checkpoint":
        """What a training in progress stands at; arrays are copied.

        Where weights are averaged, ``parameters/`` are the averages, and the raw weights are among the slots.
        """
        with updates.averaged():
            tensors = {f"parameters/{name}": array.copy() for name, array in network.layout.named(network.weights)}
            tensors |= {f"state/{name}": array.copy() for name, array in network.states.named()}
            tensors |= {f"slots/{name}": array.copy() for name, array in updates.named()}
        for index, fitted in enumerate(pipeline.fitted):
            # safetensors corrupts arrays that are not C-contiguous.
            tensors |= {f"fitted/{index}.{name}": np.array(array, order="C") for name, array in fitted.items()}
        tensors |= {f"goal/{name}": array for name, array in pipeline.goal.fitted.items()}
        return cls(tensors, {"format": FORMAT, **state})

    @property
    def position(self) -> tuple[int, int]:
        """How far training had come: epochs done, and steps of the epoch under way.

        Raises:
            DataError: It does not say.
        """
        try:
            position = self.state["trainer"]["position"]
            return int(position["epoch"]), int(position["step"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError("a checkpoint does not say how far training had come: it is damaged") from error

    def to_bytes(self) -> bytes:
        """The file's content; the same checkpoint gives the same bytes."""
        state = {**self.state, "sha256": _digest(self.tensors, self.state)}
        # A single key: safetensors writes several in an order of chance.
        metadata = {METADATA: json.dumps(state, sort_keys=True, separators=(",", ":"))}
        return save(dict(sorted(self.tensors.items())), metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        """Reads a checkpoint.

        Raises:
            DataError: It is missing, damaged, or of a version that this release does not read.
        """
        try:
            tensors, state = read_tensors(path)
        except FileNotFoundError:
            raise DataError("there is no such checkpoint", path) from None
        if state.get("format") != FORMAT:
            raise DataError(f"checkpoint format {state.get('format')}, but this nnspec reads {FORMAT}", path)
        if state.pop("sha256", None) != _digest(tensors, state):
            raise DataError("damaged: its content does not match its SHA-256", path)
        return cls(tensors, state)

    def restore(self, network: Network, pipeline: Pipeline, updates: Updates | None = None) -> None:
        """Hands parameters, layer state, fitted transforms and slots of the optimizer to those of the same spec.

        Args:
            network: Gets parameters and state.
            pipeline: Gets what its transforms have learned.
            updates: Gets its slots, to go on training; None for a network that is only used.

        Raises:
            DataError: The tensors do not fit the network.
        """
        self._fill("parameters", network.layout.named(network.weights))
        self._fill("state", network.states.named())
        if updates is not None:
            self._fill("slots", updates.named())
        for index in range(len(pipeline.transforms)):
            pipeline.fitted[index] = self._named(f"fitted/{index}.")
        pipeline.goal.fitted = self._named("goal/")

    def _named(self, prefix: str) -> dict[str, Array]:
        """The tensors whose names start so, by the rest of their names."""
        return {
            name.removeprefix(prefix): array for name, array in self.tensors.items() if name.startswith(prefix)
        }

    def _fill(self, kind: str, arrays: Iterable[tuple[str, Array]]) -> None:
        for name, array in arrays:
            tensor = self.tensors.get(f"{kind}/{name}")
            if tensor is None or tensor.shape != array.shape:
                found = "missing" if tensor is None else f"of shape {tensor.shape}"
                raise DataError(f"checkpoint and spec differ: {name} should be {array.shape}, is {found}")
            array[...] = tensor


def _digest(tensors: Mapping[str, Array], state: Mapping[str, Any]) -> str:
    digest = sha256(json.dumps(state, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
