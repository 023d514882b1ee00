"""residual: layers whose input is added to their output, so that they need only learn the difference.

    layers:
      - conv2d: 8
      - residual:
          - conv2d: {filters: 8, kernel: 3, padding: same, activation: relu}
          - conv2d: {filters: 8, kernel: 3, padding: same}
      - relu
      - residual:
          layers: [{conv2d: {filters: 16, kernel: 3, stride: 2, padding: same}}]
          shortcut: [{conv2d: {filters: 16, kernel: 1, stride: 2}}]

x (*shape, N) -> y (*output, N);  the parameters of the layers within: 0.W, 1.W, shortcut.0.W

y = F(x) + S(x), F the layers, S the shortcut, by default x itself;  dC/dx = what dy becomes going back
through both, added
(K. He and others, Deep Residual Learning for Image Recognition, 2016, equations 1 and 2)
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Field,
    Layer,
    Layers,
    Parameters,
    Shape,
    ShapeError,
    Stack,
    shape_text,
)


class Residual(Layer):
    """Gradients reach the layers before it undiminished, however deep the stack."""

    primary: ClassVar[str | None] = "layers"
    formulas: ClassVar[Mapping[str, str]] = {"y": "F(x) + S(x)", "x": "dF/dx dy + dS/dx dy"}

    layers: Annotated[
        Layers,
        Field(min_length=1, description="F, the layers gone around"),
    ]
    shortcut: Annotated[
        Layers,
        Field(description="S, layers on the way around, where the shape changes"),
    ] = ()

    @cached_property
    def _body(self) -> Stack:
        return Stack(self.layers)

    @cached_property
    def _shortcut(self) -> Stack:
        return Stack(self.shortcut, ("shortcut",), "shortcut")

    def declare(self, shape: Shape) -> Declaration:
        body, shortcut = self._body.declare(shape), self._shortcut.declare(shape)
        if body.output != shortcut.output:
            advice = f"let the layers end in {shape_text(shortcut.output)}"
            raise ShapeError(
                f"residual: the layers end in {shape_text(body.output)}, which cannot be added to the "
                f"{'shortcut' if self.shortcut else 'input'}'s {shape_text(shortcut.output)}",
                advice if self.shortcut else f"{advice}, or {_way_around(shape, body.output)}",
            )
        return Declaration.around(body.output, (*body.inner, *shortcut.inner))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        ahead, around = self._body.forward(x, p, ctx), self._shortcut.forward(x, p, ctx)
        return np.add(ahead, around, out=ctx.buffer_like("y", ahead))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        ahead, around = self._body.backward(dy, p, g, ctx), self._shortcut.backward(dy, p, g, ctx)
        if ahead is None or around is None:
            return None
        return np.add(ahead, around, out=ctx.buffer_like("dx", ctx.x))


def _way_around(before: Shape, after: Shape) -> str:
    """What to write for a shortcut from one shape to the other."""
    if len(before) == len(after) == 1:
        return f"add `shortcut: [{{dense: {after[0]}}}]`"
    if len(before) == len(after) == 3:
        for stride in range(1, max(before[1:]) + 1):
            if all(-(-old // stride) == new for old, new in zip(before[1:], after[1:], strict=True)):
                strides = f", stride: {stride}" if stride > 1 else ""
                return f"add `shortcut: [{{conv2d: {{filters: {after[0]}, kernel: 1{strides}}}}}]`"
    return "list layers under `shortcut:` that bring the input to that shape"
