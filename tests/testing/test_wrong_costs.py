"""The kit catches the mistakes that authors of costs make, and says which it was."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np
import pytest

from nnspec.engine.context import LayerContext
from nnspec.extend import (
    Array,
    Context,
    Cost,
    Family,
    Judge,
    LogitJudge,
)
from nnspec.parts.costs.binary_cross_entropy import BinaryCrossEntropy
from nnspec.parts.costs.cross_entropy import CrossEntropy
from nnspec.parts.costs.quadratic import Quadratic
from nnspec.testing import (
    ContractError,
    check_cost,
)


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
    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        gradient: Array = (y - t) / np.maximum(y * (1 - y), 1e-30) / y.shape[-1]
        return gradient

    def logit_gradient(self, z: Array, y: Array, t: Array, ctx: Context) -> Array:
        return self.gradient(y, t, ctx)


class TwoMinds(BinaryCrossEntropy):
    def bind(self, y: Array, t: Array, ctx: Context) -> Judge:
        judge = super().bind(y, t, ctx)
        return lambda y, t, scale: judge(y, t, 2 * scale)


class Unscaled(CrossEntropy):
    def bind_logits(self, z: Array, y: Array, t: Array, ctx: Context) -> LogitJudge:
        judge = super().bind_logits(z, y, t, ctx)
        return lambda z, y, t, _scale: judge(z, y, t, 1.0)


class Wide(BinaryCrossEntropy):
    def bind(self, y: Array, t: Array, ctx: Context) -> Judge:
        judge = super().bind(y, t, ctx)

        def wide(y: Array, t: Array, scale: float) -> tuple[float, Array]:
            value, gradient = judge(y, t, scale)
            return value, gradient.astype(float)

        return wide


class Steeper(Quadratic):
    """No mistake: what it inherits for training steps follows what it overrides."""

    def value(self, y: Array, t: Array, ctx: Context) -> float:
        return 3 * super().value(y, t, ctx)

    def gradient(self, y: Array, t: Array, ctx: Context) -> Array:
        return np.asarray(3 * super().gradient(y, t, ctx))


class WrongFarOut(CrossEntropy):
    """A second way, taken where float32 has no number for a probability."""

    def logit_value(self, z: Array, y: Array, t: Array, ctx: Context) -> float:
        value = super().logit_value(z, y, t, ctx)
        return value if y.min() > 1e-38 else value / 2


class SpellsAnotherSlope(CrossEntropy):
    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        spelled = super().spell(quantity, index, values)
        return spelled.replace("-", "+") if quantity == "z" else spelled


class Lonely(CrossEntropy):
    family: ClassVar[Family | None] = cast(Any, "gamma")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Summed, r"the value is the mean over the batch .*\n.*the factor 1/N"),
        (GradientOfSum, r"the factor 1/N is missing \(N = 5\)"),
        (Backwards, "Likely mistake: the sign"),
        (TwoMinds, "what `bind` returns yields what `value` and `gradient` yield"),
        (Wide, "the gradient that `bind` leads to"),
        (Unscaled, r"what `bind_logits` returns .*\n.*is multiplied by the scale, here 0.3"),
        (NumpyNumber, "the value is a Python float"),
        (Unfloored, "outputs at the bounds of the domain"),
        (Unfused, "any logits give finite numbers"),
        (WrongFarOut, r"the value from logits is the value from outputs[.\s]*.* logits from -"),
        (SpellsAnotherSlope, r"the arithmetic that `spell` shows comes to the number[.\s]*z\["),
        (OtherFamily, "gradient by z is the derivative"),
        (Lonely, "what the class states is what its contract knows"),
    ],
)
def test_a_cost_with_a_mistake_is_caught(kind: type[Cost], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_cost(kind())


def test_a_cost_that_overrides_value_and_gradient_alone_has_both_in_a_training_step() -> None:
    y, t, ctx = np.ones((2, 3)), np.zeros((2, 3)), LayerContext(np.random.default_rng(0), np.dtype(np.float64))
    value, gradient = Steeper().bind(y, t, ctx)(y, t, 0.5)
    assert value == 3
    np.testing.assert_allclose(gradient, np.full((2, 3), 0.5))
