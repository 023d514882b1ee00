"""Inputs on their way from the data set to the first layer: transforms, then the input's shape."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nnspec.contracts.transform import Transform
from nnspec.engine.context import LayerContext
from nnspec.engine.goal import Goal
from nnspec.engine.seeds import Seeds
from nnspec.types import Array, Random, Shape

# Statistics are gathered in batches of this size: large enough to be fast, small beside any data set.
FIT_BATCH = 1000


class TransformContext(LayerContext):
    """The working memory of one transform, whose generator belongs to one place in training.

    So what is drawn for a batch does not depend on the batches before it, and none must be drawn again to go on
    in the middle of an epoch. Most transforms draw nothing: the generator is made when it is asked for.
    """

    def __init__(self, seeds: Seeds, name: str, dtype: np.dtype[Any], *, training: bool) -> None:
        super().__init__(seeds.at(name), dtype, training=training)
        self._seeds, self._name = seeds, name
        self._place: tuple[int, ...] = ()

    def move(self, place: tuple[int, ...]) -> None:
        """Goes to a place in training: an epoch, and a batch in it."""
        self._place = place
        self.__dict__.pop("random", None)

    @cached_property
    def random(self) -> Random:  # type: ignore[override]  # elsewhere it is handed in and stays
        """The generator of this place."""
        return self._seeds.at(self._name, *self._place)


class Pipeline:
    """Transforms with what they learned from the training split.

    Attributes:
        transforms: The parts, in order.
        fitted: What each learned, by name.
        goal: What outputs are held against, and in which units.
    """

    def __init__(
        self,
        transforms: Sequence[Transform],
        input_shape: Shape,
        seeds: Seeds,
        dtype: Any = np.float32,
        goal: Goal | None = None,
    ) -> None:
        self.goal = goal or Goal()
        self.transforms = tuple(transforms)
        self.input_shape = input_shape
        self.dtype = np.dtype(dtype)
        self.fitted: list[dict[str, Array]] = [{} for _ in transforms]
        self._seeds = seeds
        self._contexts: dict[tuple[int, bool], list[TransformContext]] = {}

    def fit(self, inputs: Array) -> None:
        """Learns what the transforms need from training inputs, (samples, *shape), one transform after another.

        Inputs are taken as they are outside training: nothing that is drawn at random enters what is learned.
        """
        for index, transform in enumerate(self.transforms):
            self.fitted[index] = transform.fit(self._batches(inputs, index))

    def apply(self, rows: Array, place: tuple[int, int] | None = None) -> Array:
        """A batch for the first layer.

        Args:
            rows: (N, *shape), as the data set stores samples.
            place: For a training step the epoch, and which part of it this is: what is drawn at random depends on
                them alone. None outside training, where nothing is drawn.

        Returns:
            (*input, N), in the network's type; valid until the next batch of this size and use.
        """
        x = self._transformed(rows, len(self.transforms), place)
        if x.dtype != self.dtype:
            x = x.astype(self.dtype)
        return x.reshape(*self.input_shape, len(rows))

    def followed(self, t: Array) -> Array:
        """The targets, (*output, N), of the training batch that `apply` was given last, mixed as it was."""
        for transform, context in zip(self.transforms, self._contexts[t.shape[-1], True], strict=True):
            t = transform.targets(t, context)
        return t

    def _batches(self, inputs: Array, transforms: int) -> Iterator[Array]:
        for start in range(0, len(inputs), FIT_BATCH):
            yield self._transformed(inputs[start : start + FIT_BATCH], transforms)

    def _transformed(self, rows: Array, transforms: int, place: tuple[int, int] | None = None) -> Array:
        key = (len(rows), place is not None)
        contexts = self._contexts.get(key)
        if contexts is None:
            contexts = self._contexts[key] = [
                TransformContext(self._seeds, f"transform/{index}", self.dtype, training=place is not None)
                for index in range(len(self.transforms))
            ]
        if place is not None:
            for context in contexts:
                context.move(place)
        x = rows.transpose(*range(1, rows.ndim), 0)
        for index in range(transforms):
            x = self.transforms[index].apply(x, self.fitted[index], contexts[index])
        return x
