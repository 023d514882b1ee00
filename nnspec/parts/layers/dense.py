"""dense: every output sees every input.

    layers:
      - dense: 30
      - dense: {units: 30, bias: false, weights: he, activation: relu}

x (I, N) -> y (O, N);  W (O, I), b (O, 1)

y = W x + b;  dC/dW = dy xᵀ,  dC/db = the sum of dy over the batch,  dC/dx = Wᵀ dy
(M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 2, equations BP2 to BP4)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Activation,
    Array,
    Backward,
    Context,
    Declaration,
    Field,
    Forward,
    Initializer,
    Layer,
    Parameter,
    Parameters,
    PartOf,
    PositiveInt,
    Shape,
    by_name,
    factor_text,
    number_text,
    require_row,
)


class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias."""

    primary: ClassVar[str | None] = "units"
    formulas: ClassVar[Mapping[str, str]] = {"y": "W x + b", "W": "dy xᵀ", "b": "dy", "x": "Wᵀ dy"}

    units: Annotated[PositiveInt, Field(description="number of outputs")]
    bias: Annotated[bool, Field(description="add a trained constant to each output")] = True
    weights: Annotated[PartOf[Initializer], Field(description="fills W")] = by_name("glorot")
    biases: Annotated[PartOf[Initializer], Field(description="fills b")] = by_name("zeros")
    activation: Annotated[PartOf[Activation] | None, Field(description="applied to y")] = None

    def declare(self, shape: Shape) -> Declaration:
        inputs = require_row("dense", shape)
        parameters = {"W": Parameter((self.units, inputs), self.weights, inputs, self.units)}
        if self.bias:
            parameters["b"] = Parameter((self.units, 1), self.biases, inputs, self.units, decays=False)
        return Declaration((self.units,), parameters, multiplications=self.units * inputs)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        product, W, y = ctx.product, p.W, ctx.buffer("y", (self.units, x.shape[1]))
        if not self.bias:
            return lambda x: product(W, x, y)
        b, spread = p.b, ctx.buffer("spread", y.shape)

        def forward(x: Array) -> Array:
            product(W, x, y)
            # NumPy adds a column to a small matrix row by row, which takes half as long again.
            spread[...] = b
            return np.add(y, spread, y)

        return forward

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        product, gW, gb = ctx.product, g.W, g.b if self.bias else None
        WT, dx = p.W.T, ctx.buffer("dx", ctx.x.shape) if ctx.needs_input_gradient else None
        # A sum over the batch is a product with ones; `ctx.batch_sum` would look them up in every step.
        ones = ctx.buffer("ones", (dy.shape[1], 1))
        ones.fill(1)

        def backward(dy: Array) -> Array | None:
            product(dy, ctx.x.T, gW)
            if gb is not None:
                product(dy, ones, gb)
            return None if dx is None else product(WT, dy, dx)

        return backward

    def expand(self) -> tuple[Layer, ...]:
        return (self,) if self.activation is None else (self, self.activation)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity == "y":
            bias = f" + {factor_text(values['b'][index[0], 0])}" if self.bias else ""
            return _products(values["W"][index[0]], values["x"]) + bias
        if quantity == "W":
            return _products(values["dy"][index[:1]], values["x"][index[1:]])
        if quantity == "b":
            return number_text(values["dy"][index[0]])
        return _products(values["W"][:, index[0]], values["dy"])


def _products(left: Array, right: Array) -> str:
    pairs = zip(left.flat, right.flat, strict=True)
    return " + ".join(f"{factor_text(a)}·{factor_text(b)}" for a, b in pairs)
