"""xor: whether exactly one of two inputs is 1, the smallest task that needs a hidden layer.

    dataset: xor
    dataset:
      xor: {samples: 400, noise: 0.1, test: 100}

inputs (samples, 2) float32;  2 classes, 0 for (0, 0) and (1, 1), 1 for (0, 1) and (1, 0)

The four corners in turn, plus noise · normal. Each split is drawn afresh from all four: four points cannot be
divided, and what is asked of a network here is all of them.
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Dataset,
    Field,
    Loader,
    Outline,
    Random,
    Source,
    Split,
    SplitName,
)
from nnspec.parts.loaders._points import Noise, Samples
from nnspec.parts.loaders._split import TestShare, ValidationShare, assemble, count
from nnspec.parts.loaders._targets import Names

CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


class Xor(Loader):
    """Without options, the four corners to train on and the same four to test with."""

    primary: ClassVar[str | None] = "samples"
    made: ClassVar[bool] = True

    samples: Samples = 4
    noise: Noise = 0.0
    validation: ValidationShare = 0
    test: TestShare = 4
    classes: Annotated[
        Names | None, Field(max_length=2, description="names for an even and an odd number of ones")
    ] = None

    def outline(self) -> Outline:
        return Outline((2,), 2, self.classes)

    def load(self, source: Source) -> Dataset:
        sizes: dict[SplitName, int] = {
            "train": self.samples,
            "validation": count(self.validation, self.samples),
            "test": count(self.test, self.samples),
        }
        splits = {name: self._draw(size, source.random) for name, size in sizes.items() if size}
        return assemble(splits, self.classes or ("0", "1"))

    def _draw(self, samples: int, random: Random) -> Split:
        corners = np.array(CORNERS, np.float32)[np.arange(samples) % 4]
        noise = self.noise * random.standard_normal(corners.shape)
        return Split((corners + noise).astype(np.float32), (corners.sum(axis=1) % 2).astype(np.int64))
