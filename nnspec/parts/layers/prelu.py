"""prelu: like leaky_relu, with a slope below 0 that is trained.

    layers:
      - dense: {units: 50, weights: he}
      - prelu
      - dense: {units: 50, weights: he}
      - prelu: {slopes: one, initial: {constant: 0.1}}

x (C, ..., N) -> y (C, ..., N);  a (1, 1), (C, 1) or (C · ..., 1), as `slopes` says

y = x where x > 0, else a x;  dC/dx = dy where x > 0, else a dy;  dC/da = the sum of dy x where x < 0
Stands in the stack rather than behind `activation:`, since it has parameters; regularizers leave them alone.
(K. He and others, Delving Deep into Rectifiers, 2015, section 2.1)
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Field,
    Initializer,
    Layer,
    Parameter,
    Parameters,
    PartOf,
    Shape,
    ShapeError,
    factor_text,
    number_text,
    size,
)

QUARTER: Any = {"constant": 0.25}


class Prelu(Layer):
    """Parametric rectified linear unit."""

    primary: ClassVar[str | None] = "slopes"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "x where x > 0, else a x",
        "a": "Σ dy x where x < 0",
        "x": "dy where x > 0, else a dy",
    }

    slopes: Annotated[
        Literal["channel", "one", "each"],
        Field(description="a slope for each entry of the first axis, one for all, or one for each number"),
    ] = "channel"
    initial: Annotated[PartOf[Initializer], Field(description="fills a")] = cast(Initializer, QUARTER)

    def declare(self, shape: Shape) -> Declaration:
        if not shape:
            raise ShapeError("prelu needs an axis to take slopes along", "put a `dense` layer before it")
        count = {"channel": shape[0], "one": 1, "each": size(shape)}[self.slopes]
        slopes = Parameter((count, 1), self.initial, 1, 1, decays=False)
        return Declaration(shape, {"a": slopes}, multiplications=size(shape))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        y = np.minimum(x, 0, out=ctx.buffer("y", x.shape))
        y *= self._beside(p.a, x)
        y += np.maximum(x, 0, out=ctx.buffer("above", x.shape))
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        x = ctx.x
        below = np.minimum(x, 0, out=ctx.buffer("below", x.shape))
        below *= dy
        ctx.batch_sum(below.reshape(len(g.a), -1), out=g.a)
        if not ctx.needs_input_gradient:
            return None
        dx = np.multiply(dy, self._beside(p.a, x), out=ctx.buffer("dx", x.shape))
        np.copyto(dx, dy, where=np.greater(x, 0, out=ctx.buffer("positive", x.shape, bool)))
        return dx

    def _beside(self, a: Array, x: Array) -> Array:
        """The slopes in a shape that NumPy repeats along the other axes of ``x``."""
        shape = {"channel": (len(a), *[1] * (x.ndim - 1)), "one": (1,) * x.ndim, "each": (*x.shape[:-1], 1)}
        return a.reshape(shape[self.slopes])

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "a":
            return ""
        x = values["x"][index]
        moved = values["x" if quantity == "y" else "dy"][index]
        slope = np.broadcast_to(self._beside(values["a"], values["x"][..., np.newaxis])[..., 0], values["x"].shape)
        return number_text(moved) if x > 0 else f"{factor_text(slope[index])}·{factor_text(moved)}"
