"""Inputs on their way from the data set to the first layer: transforms, then the input's shape."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nnspec.contracts.transform import Transform
from nnspec.engine.context import LayerContext
from nnspec.engine.seeds import Seeds
from nnspec.types import Array, Shape

# Statistics are gathered in batches of this size: large enough to be fast, small beside any data set.
FIT_BATCH = 1000


class Pipeline:
    """Transforms with what they learned from the training split.

    Attributes:
        transforms: The parts, in order.
        fitted: What each learned, by name.
    """

    def __init__(
        self, transforms: Sequence[Transform], input_shape: Shape, seeds: Seeds, dtype: Any = np.float32
    ) -> None:
        self.transforms = tuple(transforms)
        self.input_shape = input_shape
        self.dtype = np.dtype(dtype)
        self.fitted: list[dict[str, Array]] = [{} for _ in transforms]
        self._seeds = seeds
        self._contexts: dict[tuple[int, bool], list[LayerContext]] = {}

    def fit(self, inputs: Array) -> None:
        """Learns what the transforms need from training inputs, (samples, *shape), one transform after another.

        Inputs are taken as they are outside training: nothing that is drawn at random enters what is learned.
        """
        for index, transform in enumerate(self.transforms):
            self.fitted[index] = transform.fit(self._batches(inputs, index))

    def apply(self, rows: Array, *, training: bool = False) -> Array:
        """A batch for the first layer.

        Args:
            rows: (N, *shape), as the data set stores samples.
            training: Whether a training step follows; only then is anything drawn at random.

        Returns:
            (*input, N), in the network's type; valid until the next batch of this size and use.
        """
        x = self._transformed(rows, len(self.transforms), training=training)
        if x.dtype != self.dtype:
            x = x.astype(self.dtype)
        return x.reshape(*self.input_shape, len(rows))

    def _batches(self, inputs: Array, transforms: int) -> Iterator[Array]:
        for start in range(0, len(inputs), FIT_BATCH):
            yield self._transformed(inputs[start : start + FIT_BATCH], transforms)

    def _transformed(self, rows: Array, transforms: int, *, training: bool = False) -> Array:
        contexts = self._contexts.get((len(rows), training))
        if contexts is None:
            contexts = self._contexts[len(rows), training] = [
                LayerContext(self._seeds.generator(f"transform/{index}"), self.dtype, training=training)
                for index in range(len(self.transforms))
            ]
        x = rows.transpose(*range(1, rows.ndim), 0)
        for index in range(transforms):
            x = self.transforms[index].apply(x, self.fitted[index], contexts[index])
        return x
