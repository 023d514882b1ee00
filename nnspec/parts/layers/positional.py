"""positional: a trained vector for each place of a sequence, added, so that layers that see no order can tell it.

    layers:
      - positional
      - attention: 4

x (T, F, N) -> y (T, F, N);  P (T, F, 1)

y = x + P;  dC/dP = the sum of dy over the batch,  dC/dx = dy
(J. Gehring and others, Convolutional Sequence to Sequence Learning, 2017, section 3.1)
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, cast

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
    factor_text,
    number_text,
    require_sequence,
)

SMALL: Any = {"normal": {"std": 0.02}}


class Positional(Layer):
    """A learned positional embedding; regularizers leave it alone, as they do biases."""

    formulas: ClassVar[Mapping[str, str]] = {"y": "x + P", "P": "dy", "x": "dy"}

    weights: Annotated[PartOf[Initializer], Field(description="fills P")] = cast(Initializer, SMALL)

    def declare(self, shape: Shape) -> Declaration:
        steps, features = require_sequence("positional", shape)
        places = Parameter((steps, features, 1), self.weights, 1, 1, decays=False)
        return Declaration(shape, {"P": places})

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.add(x, p.P, out=ctx.buffer_like("y", x))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        ctx.batch_sum(dy, out=g.P)
        return dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            return f"{number_text(values['x'][index])} + {factor_text(values['P'][(*index, 0)])}"
        return number_text(values["dy"][index[:2]])
