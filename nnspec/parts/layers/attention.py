"""attention: every step of a sequence takes a weighted mean of all steps, weighted by how well they match.

    layers:
      - positional
      - attention: 4
      - attention: {heads: 2, causal: true}

x (T, F, N) -> y (T, F, N);  W (3 F, F), b (3 F, 1), rows in the order q, k, v;  O (F, F), o (F, 1)

q, k, v = W x + b for each step, each cut into heads of d = F / heads numbers;  in each head
S = q kᵀ / √d (T, T), A = softmax of each row of S, m = A v;  y = O m + o with the heads side by side in m
back: dA = dm vᵀ, dS = A (dA - the sum of A dA over the row), dq = dS k / √d, dk = dSᵀ q / √d, dv = Aᵀ dm
With `causal` a step sees itself and those before it alone: S is -∞ elsewhere.
(A. Vaswani and others, Attention Is All You Need, 2017, sections 3.2.1 and 3.2.2)
"""

from collections.abc import Mapping
from functools import cache
from math import sqrt
from typing import Annotated, ClassVar

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
    PositiveInt,
    Shape,
    ShapeError,
    by_name,
    require_sequence,
)
from nnspec.parts.layers._sequences import samples_first


class Attention(Layer):
    """Multi-head self-attention; blind to order unless `positional` or `causal` show it."""

    primary: ClassVar[str | None] = "heads"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "O m + o, m = softmax(q kᵀ / √d) v in each head",
        "W": "Σ over steps of (dq, dk, dv) xᵀ",
        "b": "Σ over steps of (dq, dk, dv)",
        "O": "Σ over steps of dy mᵀ",
        "o": "Σ over steps of dy",
        "x": "Wᵀ (dq, dk, dv)",
    }

    heads: Annotated[PositiveInt, Field(description="number of heads; divides the features evenly")] = 1
    causal: Annotated[bool, Field(description="hide from each step those after it")] = False
    bias: Annotated[bool, Field(description="add trained constants to q, k, v and y")] = True
    weights: Annotated[PartOf[Initializer], Field(description="fills W and O")] = by_name("glorot")
    biases: Annotated[PartOf[Initializer], Field(description="fills b and o")] = by_name("zeros")

    def declare(self, shape: Shape) -> Declaration:
        steps, features = require_sequence("attention", shape)
        if features % self.heads:
            fitting = ", ".join(str(number) for number in range(1, features + 1) if features % number == 0)
            raise ShapeError(
                f"attention: {self.heads} heads do not divide {features} features evenly",
                f"as `heads`, one of {fitting} would",
            )
        parameters = {
            "W": Parameter((3 * features, features), self.weights, features, features),
            "O": Parameter((features, features), self.weights, features, features),
        }
        if self.bias:
            parameters["b"] = Parameter((3 * features, 1), self.biases, features, features, decays=False)
            parameters["o"] = Parameter((features, 1), self.biases, features, features, decays=False)
        products = 4 * steps * features * features + 2 * steps * steps * features
        return Declaration(shape, parameters, multiplications=products)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        steps, features, batch = x.shape
        qkv, mixed = self._weighted(x, p, ctx), ctx.buffer("mixed", (batch, steps, features))
        q, k, v = self._heads(qkv, 3)
        attention = ctx.buffer("attention", (batch, self.heads, steps, steps))
        np.matmul(q, k.swapaxes(2, 3), out=attention)
        attention *= sqrt(self.heads / features)
        if self.causal:
            np.copyto(attention, -np.inf, where=_later(steps))
        _softmax(attention, ctx)
        np.matmul(attention, v, out=self._heads(mixed, 1)[0])
        rows = np.matmul(_rows(mixed), p.O.T, out=ctx.buffer("rows", (batch * steps, features)))
        if self.bias:
            rows += p.o[:, 0]
        return _steps_first("y", rows, x, ctx)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        steps, features, batch = ctx.x.shape
        d_rows = _rows(samples_first("dy by sample", dy, ctx))
        np.matmul(d_rows.T, _rows(ctx.buffer("mixed", (batch, steps, features))), out=g.O)
        d_mixed = ctx.buffer("dm", (batch, steps, features))
        np.matmul(d_rows, p.O, out=_rows(d_mixed))
        d_qkv = _rows(self._attention_gradient(d_mixed, ctx))
        np.matmul(d_qkv.T, _rows(ctx.buffer("x by sample", (batch, steps, features))), out=g.W)
        if self.bias:
            ctx.batch_sum(d_rows.T, out=g.o)
            ctx.batch_sum(d_qkv.T, out=g.b)
        if not ctx.needs_input_gradient:
            return None
        rows = np.matmul(d_qkv, p.W, out=ctx.buffer("dx rows", (batch * steps, features)))
        return _steps_first("dx", rows, ctx.x, ctx)

    def _weighted(self, x: Array, p: Parameters, ctx: Context) -> Array:
        """q, k and v side by side, (N, T, 3 F)."""
        steps, features, batch = x.shape
        qkv = ctx.buffer("qkv", (batch, steps, 3 * features))
        np.matmul(_rows(samples_first("x by sample", x, ctx)), p.W.T, out=_rows(qkv))
        if self.bias:
            qkv += p.b[:, 0]
        return qkv

    def _attention_gradient(self, d_mixed: Array, ctx: Context) -> Array:
        """The gradient by q, k and v side by side, (N, T, 3 F), given that by m, (N, T, F)."""
        batch, steps, features = d_mixed.shape
        d_qkv = ctx.buffer("dqkv", (batch, steps, 3 * features))
        attention = ctx.buffer("attention", (batch, self.heads, steps, steps))
        q, k, v = self._heads(ctx.buffer("qkv", d_qkv.shape), 3)
        dq, dk, dv = self._heads(d_qkv, 3)
        (dm,) = self._heads(d_mixed, 1)
        np.matmul(attention.swapaxes(2, 3), dm, out=dv)
        d_scores = np.matmul(dm, v.swapaxes(2, 3), out=ctx.buffer("dS", attention.shape))
        weighted = np.multiply(attention, d_scores, out=ctx.buffer("spare", attention.shape))
        sums = ctx.buffer("sums", (*attention.shape[:3], 1))
        d_scores -= np.add.reduce(weighted, axis=-1, keepdims=True, out=sums)
        d_scores *= attention
        d_scores *= sqrt(self.heads / features)
        np.matmul(d_scores, k, out=dq)
        np.matmul(d_scores.swapaxes(2, 3), q, out=dk)
        return d_qkv

    def _heads(self, features: Array, blocks: int) -> tuple[Array, ...]:
        """Blocks of F features side by side, (N, T, blocks F), each as a view (N, heads, T, d)."""
        return tuple(features.reshape(*features.shape[:2], blocks, self.heads, -1).transpose(2, 0, 3, 1, 4))


@cache
def _later(steps: int) -> Array:
    """Which steps (columns) come after which (rows), (T, T)."""
    return np.triu(np.ones((steps, steps), bool), 1)


def _softmax(scores: Array, ctx: Context) -> None:
    """Softmax over the last axis, in place."""
    sums = ctx.buffer("sums", (*scores.shape[:-1], 1))
    scores -= np.maximum.reduce(scores, axis=-1, keepdims=True, out=sums)
    np.exp(scores, out=scores)
    scores /= np.add.reduce(scores, axis=-1, keepdims=True, out=sums)


def _rows(samples: Array) -> Array:
    """(N, T, F) as (N · T, F), a view: a row for each step of each sample."""
    return samples.reshape(-1, samples.shape[-1])


def _steps_first(name: str, rows: Array, x: Array, ctx: Context) -> Array:
    """(N · T, F) copied to (T, F, N), the shape of x."""
    steps, features, batch = x.shape
    laid = ctx.buffer(name, x.shape)
    laid[...] = rows.reshape(batch, steps, features).transpose(1, 2, 0)
    return laid
