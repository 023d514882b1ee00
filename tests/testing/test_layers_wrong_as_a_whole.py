"""The kit catches layers that are wrong although each gradient is right, and lets pass what only looks like it."""

from collections.abc import Mapping

import numpy as np
import pytest

from nnspec.extend import Array, Backward, Context, Declaration, Forward, Layer, Parameters, Shape, number_text
from nnspec.parts.layers.batch_norm import BatchNorm
from nnspec.parts.layers.dense import Dense
from nnspec.testing import ContractError, check_layer


class SpellsAnother(Dense):
    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        return super().spell(quantity, index, values).replace("+", "-")


class LeavesABlockOut(Dense):
    """Right for small batches."""

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        y = super().forward(x, p, ctx)
        y[:, 1000:] = 0
        return y


class ConstantZero(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return ctx.buffer("y", (self.units, x.shape[-1]))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        for gradient in (g.W, g.b):
            gradient.fill(0)
        return ctx.buffer("dx", ctx.x.shape)


class MeanOfItsShard(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        y = super().forward(x, p, ctx)
        return y - self._mean(y, ctx) if ctx.training else y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return super().backward(dy - self._mean(dy, ctx) if ctx.training else dy, p, g, ctx)

    def _mean(self, y: Array, ctx: Context) -> Array:
        return np.asarray(y.mean(axis=-1, keepdims=True))

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        return ""


class MeanOfTheStep(MeanOfItsShard):
    def _mean(self, y: Array, ctx: Context) -> Array:
        total = ctx.sum_over_shards(y.sum(axis=-1, keepdims=True))
        return np.asarray(total * ctx.share / y.shape[-1])


class FailsInASmallShard(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        if ctx.share < 0.5:
            raise FloatingPointError("too few samples")
        y = super().forward(x, p, ctx)
        return ctx.sum_over_shards(y) if ctx.training else y


class BindsItsInput(Dense):
    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        x, slope = ctx.x, super().bind_backward(dy, p, g, ctx)

        def backward(dy: Array) -> Array | None:
            dx = slope(dy)
            np.matmul(dy, x.T, out=g.W)
            return dx

        return backward


class BindsItsBias(Dense):
    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        b = p.b.copy()
        return lambda x: p.W @ x + b


class TakesArraysForBatches(Dense):
    """Keeps a copy of an input in another order of memory, for as long as inputs are the same array."""

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        kept: dict[int, tuple[Array, Array]] = {}

        def forward(x: Array) -> Array:
            _, copy = kept.setdefault(id(x), (x, np.ascontiguousarray(x.T).T))
            return p.W @ copy + p.b

        return forward


class TwoWays(Dense):
    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return super().forward(x, p, ctx) + 1

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        return super().bind_forward(x, p, ctx)


class Clips(Dense):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return super().backward(np.clip(dy, -5, 5), p, g, ctx)


class FirstOfTheLargest(Layer):
    def declare(self, shape: Shape) -> Declaration:
        return Declaration((1,))

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.asarray(x.max(axis=0, keepdims=True))

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        first = np.arange(len(ctx.x))[:, np.newaxis] == ctx.x.argmax(axis=0)
        return np.asarray(first * dy)


class EachOfTheLargest(FirstOfTheLargest):
    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return np.asarray((ctx.x == ctx.y) * dy)


class LargestWithPadding(FirstOfTheLargest):
    """Takes 0 for the largest of numbers below it, which is padding and no number of the sample."""

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        return np.maximum(super().forward(x, p, ctx), 0)

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        return super().backward(dy * (ctx.y > 0), p, g, ctx)

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        return f"max({', '.join(map(number_text, values['x']))})" if quantity == "y" else ""


class NeverFollows(BatchNorm):
    def _follow(self, running: Array, now: Array) -> None:
        pass


class FollowsTheFirstStep(BatchNorm):
    """Keeps the statistics of the step with which training starts, as layers do that fit themselves to data."""

    def _follow(self, running: Array, now: Array) -> None:
        if running.max() == running.min() in (0, 1):
            running[...] = now


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (MeanOfItsShard, r"a batch in shards yields what it yields as a whole \(y\).*\n.*sum_over_shards"),
        (BindsItsInput, r"what is bound for one batch serves the next \(g\.W\).*\n.*look `ctx\.x`"),
        (
            TakesArraysForBatches,
            r"what is bound for one batch serves the next \(y\).*\n.*what follows from its numbers",
        ),
        (BindsItsBias, r"what is bound for one batch serves the next \(y\)"),
        (TwoWays, r"`forward` and `backward` do what `bind_forward` and `bind_backward` do \(y\)"),
        (Clips, r"1000 times the gradient leads to 1000 times as much .*\n.*dy is clipped"),
        (EachOfTheLargest, r"where inputs are equal, the gradient is that of all of them together"),
        (
            LargestWithPadding,
            r"the arithmetic that `spell` shows comes to the number[.\s]*y\[0\] is 0, but max\(-",
        ),
        (NeverFollows, r"training changes every state[.\s]*`mean`"),
        (SpellsAnother, "the arithmetic that `spell` shows comes to the number"),
        (LeavesABlockOut, "a large batch gives what small ones give"),
        (ConstantZero, "the output depends on the input"),
    ],
)
def test_a_layer_that_is_wrong_as_a_whole_is_caught(kind: type[Layer], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_layer(kind(units=4) if issubclass(kind, Dense) else kind(), (6,))


def test_a_mean_over_all_shards_of_a_step_passes() -> None:
    """Also with a bias that the mean takes out again: by it the output moves by rounding alone."""
    check_layer(MeanOfTheStep(units=4), (6,))


def test_the_first_of_the_largest_passes() -> None:
    check_layer(FirstOfTheLargest(), (6,))


def test_a_state_that_the_first_step_alone_sets_passes() -> None:
    check_layer(FollowsTheFirstStep(), (6,))


def test_what_one_of_two_shards_raises_is_told_and_the_other_does_not_wait_for_it() -> None:
    with pytest.raises(FloatingPointError, match="too few samples"):
        check_layer(FailsInASmallShard(units=4), (6,))
