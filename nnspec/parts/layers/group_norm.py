"""group_norm: groups of channels of each sample brought to mean 0 and variance 1.

    layers:
      - conv2d: 16
      - group_norm: 4
      - group_norm: {groups: 16, epsilon: 0.001, affine: false}

x (C, ..., N) -> y (C, ..., N), or (T, F, N) -> (T, F, N) with features as channels;  γ, β (C, 1)

y = γ x̂ + β,  x̂ = (x - μ) / √(σ² + ε), μ and σ² over the channels of a group and all places of the sample;
gradients as in layer_norm. One group a channel is instance normalization.
(Y. Wu and K. He, Group Normalization, 2018)
"""

from typing import Annotated, ClassVar

from nnspec.extend import Array, Declaration, Field, PositiveInt, Shape, ShapeError, shape_text, size
from nnspec.parts.layers._refusals import require_groups
from nnspec.parts.layers._sample_normalization import SampleNormalization


class GroupNorm(SampleNormalization):
    """For batches too small for batch_norm."""

    primary: ClassVar[str | None] = "groups"

    groups: Annotated[PositiveInt, Field(description="groups into which the channels are divided")]

    def declare(self, shape: Shape) -> Declaration:
        if not shape:
            raise ShapeError("group_norm needs channels to normalize", "put a layer before it that has some")
        channels = shape[1 if len(shape) == 2 else 0]
        require_groups("group_norm", self.groups, channels)
        if size(shape) == self.groups:
            raise ShapeError(
                f"group_norm over single numbers, {self.groups} groups of {shape_text(shape)}, always answers 0",
                "use fewer groups",
            )
        return Declaration(shape, self._parameters((channels, 1)))

    def _grouping(self, shape: Shape) -> Shape:
        if len(shape) == 3:
            return (shape[0], self.groups, shape[1] // self.groups, shape[2])
        return (1, self.groups, size(shape[:-1]) // self.groups, shape[-1])

    def _shared(self, x: Array) -> tuple[int, ...]:
        return (0,) if x.ndim == 3 else tuple(range(1, x.ndim - 1))
