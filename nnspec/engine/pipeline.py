"""Inputs on their way from the data set to the first layer: transforms, then the input's shape."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nnspec.contracts.rows import Rows
from nnspec.contracts.transform import Transform
from nnspec.engine.context import LayerContext
from nnspec.engine.goal import Goal
from nnspec.engine.seeds import Seeds
from nnspec.types import Array, Random, Shape, size

# Statistics are gathered in batches of this size: large enough to be fast, small beside any data set.
FIT_BATCH = 1000
# No more numbers than these, however large a sample is.
FIT_NUMBERS = 2**22


class TransformContext(LayerContext):
    """The working memory of one transform, whose generator belongs to one place in training.

    So what is drawn for a batch does not depend on the batches before it, and none must be drawn again to go on
    in the middle of an epoch. Most transforms draw nothing: the generator is made when it is asked for.

    Attributes:
        drew: Whether it ever was.
    """

    def __init__(self, seeds: Seeds, name: str, dtype: np.dtype[Any], *, training: bool) -> None:
        super().__init__(seeds.at(name), dtype, training=training)
        self._seeds, self._name = seeds, name
        self._place: tuple[int, ...] = ()
        # The first generator is there from the start, and nobody has asked for it.
        self.drew = False

    def move(self, place: tuple[int, ...]) -> None:
        """Goes to a place in training: an epoch, and a batch in it."""
        self._place = place
        self.__dict__.pop("random", None)

    @cached_property
    def random(self) -> Random:  # type: ignore[override]  # elsewhere it is handed in and stays
        """The generator of this place."""
        self.drew = True
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
        self._contexts: dict[tuple[int, bool, int], list[TransformContext]] = {}

    @property
    def draws(self) -> bool:
        """Whether a transform has drawn anything at random so far."""
        return any(context.drew for contexts in self._contexts.values() for context in contexts)

    def fit(self, inputs: Array | Rows) -> None:
        """Learns what the transforms need from training inputs, (samples, *shape), one transform after another.

        Inputs are taken as they are outside training: nothing that is drawn at random enters what is learned.
        """
        for index, transform in enumerate(self.transforms):
            self.fitted[index] = transform.fit(self._batches(inputs, index))

    def apply(self, rows: Array, place: tuple[int, int] | None = None, slot: int = 0) -> Array:
        """A batch for the first layer.

        Args:
            rows: (N, *shape), as the data set stores samples.
            place: For a training step the epoch, and which part of it this is: what is drawn at random depends on
                them alone. None outside training, where nothing is drawn.
            slot: Which set of buffers is used; a thread of its own needs one of its own.

        Returns:
            (*input, N), in the network's type; valid until the next batch of this size, use and slot.
        """
        contexts = self._contexts_of(len(rows), place, slot)
        x = self._transformed(rows, len(self.transforms), contexts)
        if x.dtype != self.dtype:
            out = contexts[-1].buffer_like("x", x)
            np.copyto(out, x, casting="same_kind")
            x = out
        return x.reshape(*self.input_shape, len(rows))

    def check(self, rows: Array) -> None:
        """Tries what the transforms have learned, which may come from a file, on a few samples.

        Args:
            rows: (N, *shape), as the data set stores samples.

        Raises:
            ValueError: It is nothing that they could have learned of such samples.
        """
        try:
            with np.errstate(all="ignore"):
                self.apply(rows)
        except (LookupError, TypeError, ValueError) as error:
            raise ValueError(f"its transforms cannot work with what they learned: {error!r}") from error

    def followed(self, t: Array, slot: int = 0) -> Array:
        """The targets, (*output, N), of the training batch that `apply` was given last, mixed as it was."""
        contexts = self._contexts[t.shape[-1], True, slot]
        for transform, context in zip(self.transforms, contexts[:-1], strict=True):
            t = transform.targets(t, context)
        return t

    def _batches(self, inputs: Array | Rows, transforms: int) -> Iterator[Array]:
        samples = max(1, min(FIT_BATCH, FIT_NUMBERS // size(inputs.shape[1:])))
        for start in range(0, len(inputs), samples):
            rows = inputs[start : start + samples]
            yield self._transformed(rows, transforms, self._contexts_of(len(rows), None, 0))

    def _contexts_of(self, samples: int, place: tuple[int, int] | None, slot: int) -> list[TransformContext]:
        """The working memory of each transform, and at last that of the pipeline itself; where a batch stands."""
        key = (samples, place is not None, slot)
        contexts = self._contexts.get(key)
        if contexts is None:
            contexts = self._contexts[key] = [
                TransformContext(self._seeds, f"transform/{index}", self.dtype, training=place is not None)
                for index in range(len(self.transforms) + 1)
            ]
        if place is not None:
            for context in contexts:
                context.move(place)
        return contexts

    def _transformed(self, rows: Array, transforms: int, contexts: Sequence[TransformContext]) -> Array:
        x = rows.transpose(*range(1, rows.ndim), 0)
        for index in range(transforms):
            x = self.transforms[index].apply(x, self.fitted[index], contexts[index])
        return x
