"""How far apart two arrays, or two figures, are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnspec.types import Array


@dataclass(frozen=True)
class Distance:
    """How far what was computed again is from what was recorded.

    Attributes:
        name: Of a tensor (``parameters/layers.0.W``) or a figure (``train.cost``).
        absolute: The largest distance of two numbers; None where they cannot be compared.
        relative: The largest, in relation to the larger of the two.
        text: What differs, where it is no distance.
    """

    name: str
    absolute: float | None = None
    relative: float | None = None
    text: str = ""

    def __str__(self) -> str:
        if self.absolute is None:
            return f"{self.name} {self.text}"
        return f"{self.name} by {self.absolute:.2g} (relative {self.relative:.2g})"


def between_tensors(recorded: Mapping[str, Array], again: Mapping[str, Array]) -> list[Distance]:
    """What differs, bit by bit, between tensors of the same names."""
    names = [*recorded, *(name for name in again if name not in recorded)]
    found = (_between(name, recorded.get(name), again.get(name)) for name in names)
    return [distance for distance in found if distance is not None]


def between_figures(
    recorded: Mapping[str, Mapping[str, Any]], again: Mapping[str, Mapping[str, Any]]
) -> list[Distance]:
    """What differs between the metrics of two evaluations, by split and name."""
    then, now = _flat(recorded), _flat(again)
    found = (_of_figure(name, then.get(name), now.get(name)) for name in {**then, **now})
    return [distance for distance in found if distance is not None]


def _flat(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{split}.{name}": value for split, named in metrics.items() for name, value in named.items()}


def _of_figure(name: str, then: Any, now: Any) -> Distance | None:
    # As text: what is no number does not equal itself, and a tuple is a list in JSON.
    if json.dumps(then) == json.dumps(now):
        return None
    if isinstance(then, float) and isinstance(now, float):
        return _largest(name, np.array(then), np.array(now))
    return Distance(name, text="is another")


def _between(name: str, then: Array | None, now: Array | None) -> Distance | None:
    if then is None or now is None:
        return Distance(name, text="is not in the recorded checkpoint" if then is None else "is in it alone")
    if then.shape != now.shape or then.dtype != now.dtype:
        return Distance(name, text=f"is {then.dtype} {then.shape}, and now {now.dtype} {now.shape}")
    return None if then.tobytes() == now.tobytes() else _largest(name, then, now)


def _largest(name: str, then: Array, now: Array) -> Distance:
    then, now = then.astype(np.float64), now.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.where(np.isnan(then) & np.isnan(now), 0.0, np.abs(then - now))
        scale = np.maximum(np.abs(then), np.abs(now))
        relative = np.divide(apart, scale, out=np.zeros_like(apart), where=scale > 0)
    # The maximum of NumPy hands on what is no number: one of the two is none, then.
    return Distance(name, float(apart.max()), float(relative.max()))
