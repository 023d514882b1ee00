"""tones: noisy tones of a few pitches, each beginning anywhere in its wave.

    dataset: tones
    dataset:
      tones: {pitches: [0.05, 0.1, 0.2], noise: 1.0, validation: 0.1, test: 0.2}

inputs (samples, steps, 1) float32;  classes = pitches, in waves per step

x_t = sin(2π (f t + a)) + noise · normal, where a is drawn from 0 to 1 for each sample
"""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Strict

from nnspec.extend import Dataset, Field, Loader, NonNegativeFloat, Outline, PositiveInt, Source, Split

Pitch = Annotated[float, Field(gt=0, lt=0.5)]


class Tones(Loader):
    """Phase tells nothing, pitch all."""

    api: ClassVar[int] = 1
    primary: ClassVar[str | None] = "samples"
    made: ClassVar[bool] = True

    samples: Annotated[PositiveInt, Field(ge=20, le=1_000_000, description="signals in all")] = 1000
    steps: Annotated[PositiveInt, Field(le=100_000, description="steps of a signal")] = 64
    pitches: Annotated[
        tuple[Pitch, ...], Strict(strict=False), Field(min_length=2, description="waves per step, below 0.5 each")
    ] = (0.06, 0.09, 0.135, 0.2, 0.3)
    noise: Annotated[NonNegativeFloat, Field(description="standard deviation of the noise; tones reach 1")] = 0.5
    validation: Annotated[float, Field(ge=0, le=0.4, description="share set aside to choose by")] = 0.0
    test: Annotated[float, Field(ge=0, le=0.4, description="share set aside to judge by")] = 0.2

    def outline(self) -> Outline:
        return Outline((self.steps, 1), len(self.pitches))

    def load(self, source: Source) -> Dataset:
        random = source.random
        labels = random.permutation(np.arange(self.samples) % len(self.pitches))
        waves = np.outer(np.array(self.pitches)[labels], np.arange(self.steps))
        tones = np.sin(2 * np.pi * (waves + random.random((self.samples, 1))))
        tones += self.noise * random.standard_normal(tones.shape)
        inputs = tones[..., np.newaxis].astype(np.float32)
        # The order is random already: what is set aside may stand first.
        first, second = round(self.validation * self.samples), round(self.test * self.samples)
        stretches = np.split(np.arange(self.samples), [first, first + second])
        validation, test, train = (Split(inputs[rows], labels[rows]) if len(rows) else None for rows in stretches)
        assert train is not None  # noqa: S101 -- at most 0.8 of them are set aside
        return Dataset(train, validation, test, classes=tuple(f"{pitch:g}" for pitch in self.pitches))
