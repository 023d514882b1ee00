"""The kit catches mistakes in optimizers, initializers, regularizers and schedules, and says which it was."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from pydantic import PrivateAttr

from nnspec.extend import (
    Array,
    Initializer,
    Optimizer,
    Piece,
    Schedule,
    Update,
)
from nnspec.parts.initializers.normal import Normal
from nnspec.parts.optimizers.momentum import Momentum
from nnspec.parts.optimizers.sgd import Sgd
from nnspec.parts.regularizers.l2 import L2
from nnspec.parts.schedules.cosine import Cosine
from nnspec.testing import (
    ContractError,
    check_initializer,
    check_optimizer,
    check_regularizer,
    check_schedule,
)


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


class Decaying(Momentum):
    heeds_decay: ClassVar[bool] = False

    def update(self, piece: Piece, rate: float, step: int) -> None:
        if piece.decays:
            piece.weights[...] *= 1 - 1e-3 * rate
        super().update(piece, rate, step)


class TakenEarly(Momentum):
    def bind(self, piece: Piece) -> Update:
        velocity = piece.slots["velocity"].copy()

        def update(rate: float, _step: int) -> None:
            velocity[...] = self.momentum * velocity + piece.gradient
            piece.weights[...] -= rate * velocity
            piece.slots["velocity"][...] = velocity

        return update


class FirstRate(Momentum):
    def bind(self, piece: Piece) -> Update:
        update, rates = super().bind(piece), list[float]()

        def first(rate: float, step: int) -> None:
            rates.append(rate)
            update(rates[0], step)

        return first


class Careful(Sgd):
    proportional: ClassVar[bool] = True

    def update(self, piece: Piece, rate: float, step: int) -> None:
        np.clip(piece.gradient, -0.5, 0.5, out=piece.gradient)
        super().update(piece, rate, step)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Careful, r"says `proportional` takes the rate in the gradient"),
        (TakenEarly, "all that a checkpoint needs"),
        (FirstRate, "bound once does what one does that is bound in every step"),
        (Decaying, "parameters that decay are updated like those that do not"),
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


def test_an_optimizer_of_ones_own_is_not_taken_for_the_proportional_one_that_it_builds_on() -> None:
    class Signs(Sgd):
        def update(self, piece: Piece, rate: float, step: int) -> None:
            np.sign(piece.gradient, out=piece.gradient)
            super().update(piece, rate, step)

    assert not Signs.proportional
    check_optimizer(Signs(learning_rate=0.1))


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


class Counting(Cosine):
    def factor(self, step: int, steps: int) -> float:
        SHARED["calls"] = SHARED.get("calls", 0.0) + 1
        return super().factor(step, steps) / SHARED["calls"]


class FromZero(Cosine):
    def factor(self, step: int, steps: int) -> float:
        return super().factor(step - 1, steps) if step > 1 else float("nan")


class Below(Cosine):
    def factor(self, step: int, steps: int) -> float:
        return 1 - 2 * step / steps


class OfNumpy(Cosine):
    def factor(self, step: int, steps: int) -> float:
        return np.float64(super().factor(step, steps))


class Overwritten(Cosine):
    def react(self, state: Mapping[str, Any], figure: float) -> tuple[Mapping[str, Any], float]:
        cast(dict[str, Any], state)["last"] = figure
        return state, 1.0


class Forgetful(Cosine):
    def react(self, state: Mapping[str, Any], figure: float) -> tuple[Mapping[str, Any], float]:
        falls = figure < SHARED.get("last", figure)
        SHARED["last"] = figure
        return state, 1.0 if falls else 0.5


class Nothing(Cosine):
    def factor(self, step: int, steps: int) -> float:
        return 0.0


class Moody(Cosine):
    def heeds(self, step: int, steps: int) -> bool:
        SHARED["asked"] = SHARED.get("asked", 0.0) + 1
        return SHARED["asked"] % 2 == 0


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Moody, "which evaluations count depends on the step alone"),
        (Counting, "a factor depends on the step alone"),
        (FromZero, "finite and at least 0"),
        (Below, r"finite and at least 0[.\s]*step 1 of 1: -1"),
        (OfNumpy, "a factor is a Python float"),
        (Nothing, "some factor is above 0"),
        (Overwritten, "a state that is handed in is left as it is"),
        (Forgetful, "a reaction depends on state and figure alone"),
    ],
)
def test_a_schedule_with_a_mistake_is_caught(kind: type[Schedule], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_schedule(kind())


class KeepsVelocity(Momentum):
    """Remembers on the instance what belongs into a slot; piece by piece, so that cuts do not show it."""

    _kept: dict[float, Array] = PrivateAttr(default_factory=dict)
    slots: ClassVar[tuple[str, ...]] = ("marker",)

    def update(self, piece: Piece, rate: float, step: int) -> None:
        # Told apart by a number of its own that each piece is given in its first step.
        marker = piece.slots["marker"]
        if not marker[0]:
            marker[0] = len(self._kept) + 1
        before = self._kept.get(marker[0], np.zeros_like(piece.weights))
        self._kept[marker[0]] = 0.9 * before - rate * piece.gradient
        piece.weights[...] += self._kept[marker[0]]


def test_an_optimizer_that_remembers_outside_its_slots_does_not_resume() -> None:
    with pytest.raises(ContractError, match="all that a checkpoint needs"):
        check_optimizer(KeepsVelocity(learning_rate=0.1))
