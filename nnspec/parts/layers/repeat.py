"""repeat: the same layers several times over, each time with parameters of their own.

    layers:
      - repeat: {times: 3, layers: [{dense: 30}, relu]}

x (*shape, N) -> y (*output, N);  the parameters of the layers within, the time before the layer: 0.0.W, 1.0.W

y = F_n(... F_2(F_1(x))), F_i the layers for the i-th time;  dC/dx = what dy becomes going back through all
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, ClassVar

from nnspec.extend import Array, Context, Declaration, Field, Layer, Layers, Parameters, PositiveInt, Shape, Stack


class Repeat(Layer):
    """Nothing is shared between the times but the way it is written."""

    formulas: ClassVar[Mapping[str, str]] = {"y": "F_n(... F_2(F_1(x)))"}

    times: Annotated[PositiveInt, Field(le=1000, description="n, how often")]
    layers: Annotated[Layers, Field(min_length=1, description="the layers that are repeated")]

    @cached_property
    def _stack(self) -> Stack:
        return Stack(self.layers, times=self.times)

    def declare(self, shape: Shape) -> Declaration:
        return self._stack.declare(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return self._stack.forward(x, p, ctx)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return self._stack.backward(dy, p, g, ctx)
