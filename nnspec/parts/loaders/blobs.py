"""blobs: clusters of points, each scattered around a centre.

    dataset: blobs
    dataset:
      blobs: {centers: [[100, 100], [400, 150], [250, 400]], classes: [red, green, blue]}
    transforms: [scale: 500]

inputs (samples, features) float32;  classes = centres

x = centre + spread · normal.  Centres that are not given are drawn within the box, each the farthest from the
others among many tries, so that clusters keep apart.
(D. Mitchell, Spectrally optimal sampling for distribution ray tracing, 1991, "best candidate")
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    Array,
    Field,
    NonNegativeFloat,
    Random,
    decided_by,
)
from nnspec.parts.loaders._points import Points, Samples

CANDIDATES = 100


def _centers(value: object) -> int | tuple[tuple[float, ...], ...]:
    # One validator instead of a union, so that a problem keeps the option's own location.
    if type(value) is int and 2 <= value <= 1000:
        return value
    if isinstance(value, (list, tuple)) and len(value) > 1:
        rows = [tuple(row) if isinstance(row, (list, tuple)) else () for row in value]
        numbers = all(type(number) in (int, float) for row in rows for number in row)
        if numbers and rows[0] and len({len(row) for row in rows}) == 1:
            return tuple(tuple(float(number) for number in row) for row in rows)
    raise PydanticCustomError(
        "centers", "expected a number of centers from 2 to 1000, or the centers: [[100, 100], [400, 150]]"
    )


def _interval(value: object) -> tuple[float, float]:
    if isinstance(value, (list, tuple)) and len(value) == 2:
        low, high = value
        if type(low) in (int, float) and type(high) in (int, float) and low < high:
            return float(low), float(high)
    raise PydanticCustomError("box", "expected the least and the greatest coordinate of a center: [0, 500]")


class Blobs(Points):
    """As many points in each cluster, give or take one."""

    primary: ClassVar[str | None] = "samples"

    samples: Samples = 5000
    centers: Annotated[
        int | tuple[tuple[float, ...], ...],
        decided_by(_centers),
        Field(description="how many clusters, or where each has its center"),
    ] = 3
    box: Annotated[
        tuple[float, float],
        decided_by(_interval),
        Field(description="between which coordinates centers are drawn"),
    ] = (0.0, 500.0)
    spread: Annotated[NonNegativeFloat, Field(description="standard deviation of a cluster")] = 15.0
    dimensions: Annotated[
        int | None, Field(ge=1, le=1000, description="numbers a point; 2 unless `centers` tell it")
    ] = None

    @model_validator(mode="after")
    def _plane(self) -> "Blobs":
        if self.dimensions is not None and not isinstance(self.centers, int):
            raise PydanticCustomError("dimensions", "`dimensions` only where `centers` is a number: they tell it")
        return self

    @property
    def count(self) -> int:
        return self.centers if isinstance(self.centers, int) else len(self.centers)

    @property
    def features(self) -> int:
        return self.dimensions or 2 if isinstance(self.centers, int) else len(self.centers[0])

    def draw(self, labels: Array, random: Random) -> Array:
        centers = self._far_apart(random) if isinstance(self.centers, int) else np.array(self.centers)
        return centers[labels] + self.spread * random.standard_normal((len(labels), self.features))

    def _far_apart(self, random: Random) -> Array:
        centers = random.uniform(*self.box, (1, self.features))
        while len(centers) < self.count:
            candidates = random.uniform(*self.box, (CANDIDATES, self.features))
            distances = np.linalg.norm(candidates[:, np.newaxis] - centers, axis=2).min(axis=1)
            centers = np.vstack([centers, candidates[np.argmax(distances)]])
        return centers
