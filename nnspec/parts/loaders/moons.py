"""moons: two half circles that reach into each other.

    dataset: moons
    dataset:
      moons: {samples: 2000, noise: 0.2, test: 0.25}

inputs (samples, 2) float32;  2 classes, 0 the upper moon, 1 the lower

upper (cos a, sin a), lower (1 - cos a, 1/2 - sin a), a uniform in 0..π; then noise · normal is added
"""

from typing import ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Random,
)
from nnspec.parts.loaders._points import Noise, Points


class Moons(Points):
    """No straight line parts them; a few hidden units do."""

    primary: ClassVar[str | None] = "samples"

    noise: Noise = 0.1

    def draw(self, labels: Array, random: Random) -> Array:
        angle = random.uniform(0, np.pi, len(labels))
        upper = np.column_stack([np.cos(angle), np.sin(angle)])
        points = np.where(labels[:, np.newaxis] == 0, upper, [1.0, 0.5] - upper)
        return points + self.noise * random.standard_normal(points.shape)
