"""circles: a small circle within a large one.

    dataset: circles
    dataset:
      circles: {samples: 2000, noise: 0.1, factor: 0.3}

inputs (samples, 2) float32;  2 classes, 0 the outer circle, 1 the inner

r (cos a, sin a), r = 1 or factor, a uniform in 0..2π; then noise · normal is added
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Field,
    Random,
)
from nnspec.parts.loaders._points import Noise, Points


class Circles(Points):
    """A line parts them only once a hidden layer has bent the plane."""

    primary: ClassVar[str | None] = "samples"

    noise: Noise = 0.05
    factor: Annotated[float, Field(gt=0, lt=1, description="radius of the inner circle; the outer is 1")] = 0.5

    def draw(self, labels: Array, random: Random) -> Array:
        angle = random.uniform(0, 2 * np.pi, len(labels))
        radius = np.where(labels == 0, 1.0, self.factor)
        points: Array = radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
        return points + self.noise * random.standard_normal(points.shape)
