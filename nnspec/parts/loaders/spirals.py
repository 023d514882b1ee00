"""spirals: arms that wind around each other, a class each.

    dataset: spirals
    dataset:
      spirals: {arms: 3, turns: 1.5, noise: 0.02}

inputs (samples, 2) float32;  classes = arms

r (cos a, sin a), r uniform in 0..1, a = 2π (turns · r + arm / arms); then noise · normal is added
(after K. Lang and M. Witbrock, Learning to tell two spirals apart, 1988)
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Field,
    Random,
)
from nnspec.parts.loaders._points import Noise, Points


class Spirals(Points):
    """The harder, the more turns."""

    primary: ClassVar[str | None] = "samples"

    arms: Annotated[int, Field(ge=2, le=100, description="spirals, a class each")] = 2
    turns: Annotated[float, Field(gt=0, le=100, description="how often an arm winds around the middle")] = 1.0
    noise: Noise = 0.02

    @property
    def count(self) -> int:
        return self.arms

    def draw(self, labels: Array, random: Random) -> Array:
        radius = random.uniform(0, 1, len(labels))
        angle = 2 * np.pi * (self.turns * radius + labels / self.arms)
        points: Array = radius[:, np.newaxis] * np.column_stack([np.cos(angle), np.sin(angle)])
        return points + self.noise * random.standard_normal(points.shape)
