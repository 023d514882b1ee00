"""What the data sets of points in a plane have in common: they are drawn, then divided."""

from typing import Annotated, ClassVar

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    Array,
    Dataset,
    Field,
    Loader,
    NonNegativeFloat,
    Outline,
    PositiveInt,
    Random,
    Source,
    Split,
)
from nnspec.parts.loaders._split import Stratified, TestShare, ValidationShare, assemble, drawn
from nnspec.parts.loaders._targets import ClassNames

Samples = Annotated[PositiveInt, Field(le=10_000_000, description="points in all, before any are set aside")]
Noise = Annotated[NonNegativeFloat, Field(description="standard deviation of the points around their curve")]


class Points(Loader):
    """A fifth of the points is set aside for the test unless the spec says otherwise."""

    made: ClassVar[bool] = True

    samples: Samples = 1000
    classes: ClassNames = None
    validation: ValidationShare = 0
    test: TestShare = 0.2
    stratified: Stratified = True

    @property
    def count(self) -> int:
        """Number of classes."""
        return 2

    @property
    def features(self) -> int:
        """Numbers a point."""
        return 2

    def draw(self, labels: Array, random: Random) -> Array:
        """A point for each of the labels, (samples, features)."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _named(self) -> "Points":
        if self.classes is not None and len(self.classes) != self.count:
            raise PydanticCustomError(
                "class_count",
                "{given} class names for {count} classes",
                {"given": len(self.classes), "count": self.count},
            )
        return self

    def outline(self) -> Outline:
        return Outline((self.features,), self.count, self.classes)

    def load(self, source: Source) -> Dataset:
        labels = np.arange(self.samples) % self.count
        points = self.draw(labels, source.random).astype(np.float32)
        order = source.random.permutation(self.samples)
        split = Split(points[order], labels[order])
        splits = drawn(split, self.validation, self.test, source.random, stratified=self.stratified)
        return assemble(splits, self.classes or tuple(str(number) for number in range(self.count)))
