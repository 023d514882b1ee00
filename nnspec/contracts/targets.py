"""Targets: what costs and metrics may know of what a network is to answer."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["classes", "labels", "numbers"]
"""Classes exclude one another; labels hold or not, each by itself, as 1 or 0; all else are numbers."""
Held = Literal["given", "standardized", "inputs"]
"""Against what outputs are held: targets as the data has them, with mean 0 and deviation 1, or the inputs."""


@dataclass(frozen=True)
class Targets:
    """What there is to answer, as far as it is known.

    Attributes:
        kind: Classes, labels or numbers.
        names: Of the classes, the labels or the numbers; made of their places where the data has no names.
        counts: Training samples of each class, or with each label; None before data is read, and for numbers.
        samples: Training samples; 0 before data is read.
    """

    kind: Kind
    names: tuple[str, ...]
    counts: tuple[int, ...] | None = None
    samples: int = 0
