"""Checkpoints: everything that decides how training goes on, in one safetensors file.

The tensors, by name: ``parameters/layers.0.W``, ``slots/velocity/layers.0.W``, ``state/layers.1.mean``,
``fitted/0.mean``, ``goal/mean``. One metadata key holds canonical JSON: position, generator states, best so far,
and a SHA-256 over it and the tensors.
"""

import json
from collections.abc import Mapping
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
from nnspec.types import Array, size

FORMAT = 1
SLOTS = "slots/"
"""What names of an optimizer's tensors begin with."""


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and what else must be known.

    Attributes:
        tensors: C-contiguous arrays.
        state: Plain numbers, strings, lists and mappings.
        path: The file that it was read from.
    """

    tensors: Mapping[str, Array]
    state: Mapping[str, Any]
    path: Path | None = None

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
            tensors |= {f"{SLOTS}{name}": array.copy() for name, array in updates.named()}
        for index, fitted in enumerate(pipeline.fitted):
            # safetensors corrupts arrays that are not C-contiguous.
            tensors |= {f"fitted/{index}.{name}": np.array(array, order="C") for name, array in fitted.items()}
        tensors |= {f"goal/{name}": array for name, array in pipeline.goal.fitted.items()}
        return cls(tensors, {"format": FORMAT, **state})

    @property
    def position(self) -> tuple[int, int]:
        """How far training had come: epochs done, and steps of the epoch under way."""
        position = self.state["trainer"]["position"]
        return position["epoch"], position["step"]

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
            DataError: It is missing, damaged, of a version that this release does not read, or says what makes no
                sense of a training.
        """
        try:
            tensors, state = read_tensors(path)
        except FileNotFoundError:
            raise DataError("there is no such checkpoint", path) from None
        if state.get("format") != FORMAT:
            raise DataError(f"checkpoint format {state.get('format')}, but this nnspec reads {FORMAT}", path)
        if state.pop("sha256", None) != _digest(tensors, state):
            raise DataError("damaged: its content does not match its SHA-256", path)
        # Not at the top: most of what imports this never reads any.
        from nnspec.runs.recorded import check_state

        try:
            check_state(state)
        except ValueError as error:
            raise DataError(f"no state of a training of nnspec: {error}", path) from None
        return cls(tensors, state, path)

    def restore(self, network: Network, pipeline: Pipeline, updates: Updates | None = None) -> None:
        """Hands parameters, layer state, fitted transforms and slots of the optimizer to those of the same spec.

        Args:
            network: Gets parameters and state.
            pipeline: Gets what its transforms have learned.
            updates: Gets its slots, to go on training; None for a network that is only used.

        Raises:
            DataError: The tensors do not fit the network.
        """
        learned = pipeline.goal.blank(size(network.nodes[-1].output))
        arrays = [(f"parameters/{name}", array) for name, array in network.layout.named(network.weights)]
        arrays += [(f"state/{name}", array) for name, array in network.states.named()]
        arrays += [(f"goal/{name}", array) for name, array in learned.items()]
        if updates is not None:
            arrays += [(f"{SLOTS}{name}", array) for name, array in updates.named()]
        # All are looked at before the first is taken: a network is never left as half of another.
        for name, array in arrays:
            self._check(name, array)
        for name, array in arrays:
            array[...] = self.tensors[name]
        pipeline.goal.fitted = learned
        for index in range(len(pipeline.transforms)):
            prefix = f"fitted/{index}."
            pipeline.fitted[index] = {
                name.removeprefix(prefix): array for name, array in self.tensors.items() if name.startswith(prefix)
            }

    def misfit(self, why: object) -> DataError:
        """The error that says why it is none of a spec."""
        return DataError(f"checkpoint and spec differ: {why}", self.path)

    def _check(self, name: str, array: Array) -> None:
        """Compares a tensor with the array that it is for."""
        tensor, known = self.tensors.get(name), name.partition("/")[2]
        if tensor is None or tensor.shape != array.shape:
            found = "missing" if tensor is None else f"of shape {tensor.shape}"
            raise self.misfit(f"{known} should be {array.shape}, is {found}")
        # A network of float64 may take those of float32: they are explained in it.
        if tensor.dtype.kind != "f" or not np.can_cast(tensor.dtype, array.dtype):
            raise self.misfit(f"{known} should be {array.dtype}, is {tensor.dtype}")
        # An optimizer may live with overflow in what it remembers; nothing else does.
        if not name.startswith(SLOTS) and not np.isfinite(tensor).all():
            raise self.misfit(f"{known} holds a value that is no finite number")


def _digest(tensors: Mapping[str, Array], state: Mapping[str, Any]) -> str:
    digest = sha256(json.dumps(state, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
