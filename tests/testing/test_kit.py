"""The kit catches the mistakes that authors of parts make, and says which it was."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

import numpy as np
import pytest

from nnspec.extend import (
    Activation,
    Array,
    Context,
    Cost,
    Declaration,
    Family,
    Initializer,
    Layer,
    Metric,
    Optimizer,
    Parameter,
    Parameters,
    Piece,
    Shape,
    ShapeError,
    Transform,
    Value,
)
from nnspec.parts.activations.relu import Relu
from nnspec.parts.activations.sigmoid import Sigmoid
from nnspec.parts.activations.softmax import Softmax
from nnspec.parts.costs.binary_cross_entropy import BinaryCrossEntropy
from nnspec.parts.costs.cross_entropy import CrossEntropy
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.parts.initializers.normal import Normal
from nnspec.parts.layers.dense import Dense
from nnspec.parts.metrics.accuracy import Accuracy
from nnspec.parts.optimizers.momentum import Momentum
from nnspec.parts.regularizers.l2 import L2
from nnspec.parts.transforms.scale import Scale
from nnspec.parts.transforms.standardize import Standardize
from nnspec.testing import (
    ContractError,
    check_activation,
    check_cost,
    check_initializer,
    check_layer,
    check_metric,
    check_optimizer,
    check_refusal,
    check_regularizer,
    check_transform,
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


class HalfFilled(Relu):
    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        np.copyto(out, x, where=x > 0)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (WholeJacobianForgotten, "gradient by x is the derivative"),
        (SaysElementwise, "elementwise = True"),
        (Overflowing, "large inputs give finite outputs"),
        (HalfFilled, "`apply` overwrites `out` whole"),
    ],
)
def test_an_activation_with_a_mistake_is_caught(kind: type[Activation], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_activation(kind())


class Summed(Quadratic):
    def value(self, y: Array, t: Array, ctx: Context) -> float:
        return float(super().value(y, t, ctx) * y.shape[-1])

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return np.asarray(super().gradient(y, t, ctx) * y.shape[-1])


class GradientOfSum(Quadratic):
    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return np.asarray(super().gradient(y, t, ctx) * y.shape[-1])


class Backwards(Quadratic):
    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return -super().gradient(y, t, ctx)


class NumpyNumber(Quadratic):
    def value(self, y: Array, t: Array, ctx: Context) -> float:
        return np.float64(super().value(y, t, ctx))


class Unfloored(CrossEntropy):
    def value(self, y: Array, t: Array, ctx: Context) -> float:
        return -float(np.sum(t * np.log(y)) / y.shape[-1])


class Unfused(BinaryCrossEntropy):
    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        return float(np.sum(np.log1p(np.exp(z)) - z * t) / z.shape[-1])


class OtherFamily(BinaryCrossEntropy):
    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        return self.gradient(y, t, ctx)


class Lonely(CrossEntropy):
    family: ClassVar[Family | None] = cast(Any, "gamma")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Summed, r"the value is the mean over the batch .*\n.*the factor 1/N"),
        (GradientOfSum, r"the factor 1/N is missing \(N = 5\)"),
        (Backwards, "Likely mistake: the sign"),
        (NumpyNumber, "the value is a Python float"),
        (Unfloored, "outputs at the bounds of the domain"),
        (Unfused, "any logits give finite numbers"),
        (OtherFamily, "gradient by z is the derivative"),
        (Lonely, "no installed activation is of `gamma`"),
    ],
)
def test_a_cost_with_a_mistake_is_caught(kind: type[Cost], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_cost(kind())


class Uphill(Momentum):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        super().update(piece, -rate, step)


class OwnRate(Momentum):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        super().update(piece, self.learning_rate, step)


class Normed(Momentum):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        piece.gradient[...] /= np.linalg.norm(piece.gradient) + 1e-9
        super().update(piece, rate, step)


class Divides(Momentum):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        with np.errstate(invalid="ignore"):
            piece.weights[...] -= rate * piece.gradient / np.abs(piece.gradient)


SHARED: dict[str, float] = {"last": 0.0}


class Hidden(Momentum):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        piece.gradient[...] += 0.1 * SHARED["last"]
        SHARED["last"] = float(piece.gradient[0])
        super().update(piece, rate, step)


class Overreaching(Momentum):
    def update(self, piece: Piece, rate: float, step: int) -> None:
        super().update(piece, rate, step)
        whole = piece.weights.base
        assert whole is not None
        whole[0] = 0


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Uphill, "a step goes against the gradient"),
        (OwnRate, "proportional to the rate"),
        (Normed, "however pieces are cut"),
        (Divides, "parameters of 0 without a gradient stay 0"),
        (Hidden, "however pieces are cut|lies in its slots alone|proportional to the rate"),
        (Overreaching, "nothing outside the piece is written"),
    ],
)
def test_an_optimizer_with_a_mistake_is_caught(kind: type[Optimizer], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_optimizer(kind(learning_rate=0.1))


class Partial(Normal):
    def fill(self, out: Array, fan_in: int, fan_out: int, random: np.random.Generator) -> None:
        out[0] = 0


class Global(Normal):
    def fill(self, out: Array, fan_in: int, fan_out: int, random: np.random.Generator) -> None:
        out[...] = np.random.normal(size=out.shape)  # noqa: NPY002 -- the mistake


@pytest.mark.parametrize(
    ("kind", "said"), [(Partial, "every number is overwritten"), (Global, "same generator|global generator")]
)
def test_an_initializer_with_a_mistake_is_caught(kind: type[Initializer], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_initializer(kind())


@pytest.mark.parametrize(("wrong", "said"), [({"mean": 0.1}, "its mean"), ({"variance": 0.9}, "its variance")])
def test_an_initializer_with_another_spread_than_stated_is_caught(wrong: Any, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_initializer(Normal(std=1.0), **wrong)


class Overwriting(L2):
    def add_gradient(self, weights: Array, gradient: Array, scratch: Array) -> None:
        np.multiply(weights, self.strength, out=gradient)


class WithoutHalf(L2):
    def penalty(self, weights: Array) -> float:
        return 2 * super().penalty(weights)


class Shifted(L2):
    def penalty(self, weights: Array) -> float:
        return super().penalty(weights) + 1.0


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Overwriting, "added to what is there"),
        (WithoutHalf, "times 2 it would be right"),
        (Shifted, "weights of 0 cost nothing"),
    ],
)
def test_a_regularizer_with_a_mistake_is_caught(kind: type[L2], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_regularizer(kind(strength=0.3))


class Averaging(Accuracy):
    def measure(self, y: Array, t: Array) -> Array:
        total = super().measure(y, t)
        return np.asarray(total / total[1])


class Truncating(Accuracy):
    def measure(self, y: Array, t: Array) -> Array:
        return super().measure(y, t).astype(np.float32)


class NotPlain(Accuracy):
    def result(self, total: Array) -> Value:
        return np.float64(0.5)


class Endless(Accuracy):
    def result(self, total: Array) -> Value:
        return float("nan")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Averaging, "any cut into batches"),
        (Truncating, "float64 array"),
        (NotPlain, "a Python float"),
        (Endless, "written as JSON"),
    ],
)
def test_a_metric_with_a_mistake_is_caught(kind: type[Metric], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_metric(kind())


class PerBatch(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        return np.asarray(x / np.abs(x).max(), dtype=ctx.dtype)


class InPlace(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        np.divide(x, 2, out=x, casting="unsafe")
        return x.astype(ctx.dtype)


class Lying(Scale):
    def shape(self, shape: Shape) -> Shape:
        return (2, *shape)


class MeanOfMeans(Standardize):
    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        means = [batch.mean(axis=-1, keepdims=True) for batch in batches]
        return {"mean": np.mean(means, axis=0), "inverse": np.ones(means[0].shape)}


class AlwaysNoisy(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        return np.asarray(x + ctx.random.standard_normal(x.shape), ctx.dtype)


class OfItsOwn(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        noise = np.random.default_rng().standard_normal(x.shape) if ctx.training else 0
        return np.asarray(x + noise, ctx.dtype)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (PerBatch, "rest of its batch"),
        (InPlace, "inputs are read-only"),
        (Lying, "the result has the stated shape"),
        (MeanOfMeans, "how the data is cut into batches"),
        (AlwaysNoisy, "outside training nothing is drawn"),
        (OfItsOwn, "does not depend on the batches before it"),
    ],
)
def test_a_transform_with_a_mistake_is_caught(kind: type[Transform], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_transform(kind())


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
