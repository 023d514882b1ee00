"""metrics.jsonl, read back: what a run came to, evaluation by evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.errors import DataError
from nnspec.files.documents import parse

Place = tuple[int, int]
"""Epochs done, and steps of the next."""

_ABOUT = ("epoch", "step", "seconds")
"""What a line says beside figures."""


@dataclass(frozen=True)
class Line:
    """An evaluation.

    Attributes:
        place: Where in training.
        metrics: By split and name.
    """

    place: Place
    metrics: Mapping[str, Mapping[str, Any]]


def read_history(path: Path) -> list[Line]:
    """The lines of a metrics.jsonl, in order; before its first evaluation, a run need not have one.

    Raises:
        DataError: One of them is damaged.
    """
    content = path.read_bytes() if path.is_file() else b""
    lines = []
    for number, text in enumerate(content.splitlines(), 1):
        try:
            lines.append(_line(parse(text)))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise DataError(f"damaged in line {number}", path) from None
    return lines


def _line(entry: Mapping[str, Any]) -> Line:
    place = int(entry["epoch"]), int(entry.get("step", 0))
    metrics = {name: dict(value) for name, value in entry.items() if name not in _ABOUT}
    return Line(place, metrics)
