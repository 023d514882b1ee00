"""The kit catches the mistakes that authors of layers and activations make, and says which it was."""

from typing import ClassVar

import numpy as np
import pytest

from nnspec.extend import (
    Activation,
    Array,
    Backward,
    Context,
    Declaration,
    Layer,
    Parameter,
    Parameters,
    Shape,
    ShapeError,
)
from nnspec.parts.activations.relu import Relu
from nnspec.parts.activations.sigmoid import Sigmoid
from nnspec.parts.activations.softmax import Softmax
from nnspec.parts.costs.binary_cross_entropy import BinaryCrossEntropy
from nnspec.parts.initializers.normal import Normal
from nnspec.parts.layers.dense import Dense
from nnspec.testing import (
    ContractError,
    check_activation,
    check_cost,
    check_layer,
    check_refusal,
)


class WrongSign(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        dx = super().backward(dy, p, g, ctx)
        np.negative(g.W, out=g.W)
        return dx


class MeanOverBatch(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        dx = super().backward(dy, p, g, ctx)
        np.divide(g.b, dy.shape[-1], out=g.b)
        return dx


class Transposed(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        dx = super().backward(dy, p, g, ctx)
        g.W[...] = (dy @ ctx.x.T).T
        return dx


class Doubled(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        dx = super().backward(dy, p, g, ctx)
        return None if dx is None else 2 * dx


class Adding(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        b = g.b
        b += dy.sum(axis=-1, keepdims=True)
        np.matmul(dy, ctx.x.T, out=g.W)
        return np.asarray(np.matmul(p.W.T, dy))


class Forgetful(Dense):
    def declare(self, shape: Shape) -> Declaration:
        declaration = super().declare(shape)
        return Declaration((self.units + 1,), declaration.parameters)


class WritingInput(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        x *= 1.0
        return super().forward(x, p, ctx)


class Unlocking(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        x.flags.writeable = True
        x += 1.0
        return super().forward(x, p, ctx)


class WritingOutput(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        np.multiply(ctx.y, 2, out=ctx.y)
        return super().backward(dy, p, g, ctx)


class Remembering(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        y = ctx.buffer("y", (self.units, x.shape[1]))
        y *= 0.5
        y += p.W @ x
        return y


class Upcasting(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return super().forward(x, p, ctx) * np.float64(1.0)


class MixingSamples(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.asarray(super().forward(x - x.mean(axis=-1, keepdims=True), p, ctx))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        x = ctx.x - ctx.x.mean(axis=-1, keepdims=True)
        np.matmul(dy, x.T, out=g.W)
        ctx.batch_sum(dy, out=g.b)
        dx = p.W.T @ dy
        return np.asarray(dx - dx.mean(axis=-1, keepdims=True))


class MemoryOrder(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return super().forward(x.ravel(order="K").reshape(x.shape), p, ctx)


class SmallRange(Dense):
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)


class Random(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return super().forward(x, p, ctx) + np.random.default_rng().normal()


class KeepsParameter(Dense):
    def declare(self, shape: Shape) -> Declaration:
        parameters = {**super().declare(shape).parameters, "c": Parameter((1,), Normal(), 1, 1)}
        return Declaration((self.units,), parameters)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (WrongSign, "Likely mistake: the sign"),
        (MeanOverBatch, "the factor 1/N comes twice"),
        (Transposed, "Likely mistake: transposed"),
        (Doubled, "times 0.5 it would be right"),
        (Adding, r"g\.b held NaN before"),
        (KeepsParameter, r"g\.c held NaN before"),
        (Forgetful, "forward yields the declared shape"),
        (WritingInput, "inputs are read-only"),
        (Unlocking, "`x` has other numbers than before"),
        (WritingOutput, "the backward pass leaves the output alone"),
        (Remembering, "central differences|does not depend on the steps before it"),
        (Upcasting, "the output is float64, expected float32"),
        (MixingSamples, "does not depend on the rest of its batch"),
        (MemoryOrder, "Fortran-ordered inputs give the same result"),
        (SmallRange, "outputs lie in the stated range"),
        (Random, "it draws numbers of its own"),
    ],
)
def test_a_layer_with_a_mistake_is_caught_and_the_mistake_named(kind: type[Dense], said: str) -> None:
    with pytest.raises(ContractError, match=said) as caught:
        check_layer(kind(units=4), (4,))
    assert caught.value.contract
    assert type(caught.value.part) is kind


def test_a_layer_that_takes_any_shape_does_not_pass_for_refusing() -> None:
    with pytest.raises(ContractError, match="was taken"):
        check_refusal(Relu(), (1, 2))


def test_a_refusal_without_a_hint_is_caught() -> None:
    class Curt(Relu):
        def declare(self, shape: Shape) -> Declaration:
            raise ShapeError("no")

    with pytest.raises(ContractError, match="has no hint"):
        check_refusal(Curt(), (1, 2))


class WholeJacobianForgotten(Softmax):
    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.multiply(dy, y * (1 - y), out=out)


class SaysElementwise(Softmax):
    elementwise: ClassVar[bool] = True


class Overflowing(Softmax):
    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.exp(x, out=out)
        out /= out.sum(axis=0, keepdims=True)


class Gate(Layer):
    """x times the logistic function of it; right, but for x whose exponential is infinite."""

    def declare(self, shape: Shape) -> Declaration:
        return Declaration(shape)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.asarray(x * np.exp(x) / (1 + np.exp(x)))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array:
        share = 1 / (1 + np.exp(-ctx.x))
        return np.asarray(dy * (share + ctx.y * (1 - share)))


class Stable(Gate):
    """The same by way of exp(-x), which may overflow, and be 0 one division later."""

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.asarray(x / (1 + np.exp(-x)))


def test_a_layer_that_yields_no_number_for_large_inputs_is_caught() -> None:
    with pytest.raises(ContractError, match=r"large inputs give numbers[.\s]*inputs of ±10000, .*: y holds NaN"):
        check_layer(Gate(), (5,))
    check_layer(Stable(), (5,))


class HalfFilled(Relu):
    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.copyto(out, x, where=x > 0)


class SaysItTwice(Relu):
    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        np.multiply(dy, x > -1, out)

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        return super().bind_backward(dy, p, g, ctx)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (SaysItTwice, "the backward pass yields what `gradient` writes"),
        (WholeJacobianForgotten, "gradient by x is the derivative"),
        (SaysElementwise, "elementwise = True"),
        (Overflowing, "large inputs give finite outputs"),
        (HalfFilled, "`apply` overwrites `out` whole"),
    ],
)
def test_an_activation_with_a_mistake_is_caught(kind: type[Activation], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_activation(kind())


def test_an_error_shows_part_numbers_and_relative_error() -> None:
    with pytest.raises(AssertionError) as caught:
        check_layer(Doubled(units=2), (3,))
    text = str(caught.value)
    assert "Doubled(units=2" in text
    assert "central differences" in text
    assert "relative error 0.5 (at most 1e-06)" in text


def test_a_correct_part_of_ones_own_passes() -> None:
    class Cube(Activation):
        elementwise: ClassVar[bool] = True

        def apply(self, x: Array, out: Array, ctx: Context) -> None:
            np.power(x, 3, out=out)

        def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
            np.multiply(3 * x * x, dy, out=out)

    check_activation(Cube(), (2, 3))
    check_cost(BinaryCrossEntropy(), activation=Sigmoid())
    assert issubclass(Cube, Layer)
