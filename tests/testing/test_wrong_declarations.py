"""The kit holds what a layer declares to what validation holds it to, and tries its initializers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Initializer,
    Layer,
    Parameter,
    Parameters,
    Random,
    Shape,
    State,
)
from nnspec.parts.initializers.zeros import Zeros
from nnspec.testing import ContractError, check_any, check_layer

BIAS = Parameter((1, 1), Zeros(), 1, 1, decays=False)
SOUND = Declaration((3,), {"b": BIAS}, multiplications=3)


def shifting(declared: Callable[[Shape], Any]) -> Layer:
    """A layer that adds a number, and that declares this."""

    class Shift(Layer):
        """shift: adds a number."""

        def declare(self, shape: Shape) -> Declaration:
            found: Declaration = declared(shape)
            return found

        def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
            return x + p.b

        def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
            g.b[...] = dy.sum()
            return dy * 1

    return Shift()


class Idle(Initializer):
    """Rebinds its argument in place of filling it."""

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        out = random.normal(size=out.shape)


class Failing(Initializer):
    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        raise KeyError("table")


def changed(**changes: Any) -> Declaration:
    return replace(SOUND, **changes)


def with_bias(**changes: Any) -> Declaration:
    return changed(parameters={"b": replace(BIAS, **changes)})


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": (None, "declare returns NoneType, expected a Declaration"),
    "a number": (3, "declare returns int, expected a Declaration"),
    "output as a list": (changed(output=[3]), r"an output of shape \[3\]"),
    "fewer than no multiplications": (changed(multiplications=-1), "multiplications as -1"),
    "half multiplications": (changed(multiplications=1.5), "multiplications as 1.5"),
    "parameters as a list": (changed(parameters=[BIAS]), "parameters as list, expected a mapping"),
    "no parameter": (changed(parameters={"b": (1, 1)}), "`b` as tuple, expected a Parameter"),
    "a parameter as state": (changed(state={"mean": BIAS}), "`mean` as Parameter, expected a State"),
    "a name that is none": (changed(parameters={1: BIAS}), "names one of its parameters 1"),
    "a parameter's shape": (with_bias(shape=[1, 1]), r"`b` of shape \[1, 1\]"),
    "no initializer": (with_bias(initializer=0.5), "hands `b` float as its initializer"),
    "an initializer's class": (with_bias(initializer=Zeros), "hands `b` the class Zeros as its initializer"),
    "no fan in": (with_bias(fan_in=0), "`b`'s fan_in as 0"),
    "half a fan out": (with_bias(fan_out=2.5), "`b`'s fan_out as 2.5"),
    "state that is not finite": (
        changed(state={"mean": State((1,), float("nan"))}),
        "fills `mean` with nan",
    ),
    "an initializer that fills nothing": (
        with_bias(initializer=Idle()),
        r"leaves it at \[nan\]. Likely mistake: `out = ",
    ),
    "an initializer that fails": (with_bias(initializer=Failing()), "KeyError: 'table'"),
}


def test_the_layer_itself_is_sound() -> None:
    check_layer(shifting(lambda _: SOUND), (3,))


@pytest.mark.parametrize(("declared", "said"), WRONG.values(), ids=WRONG)
def test_a_declaration_that_training_could_not_go_by_is_told(declared: object, said: str) -> None:
    layer = shifting(lambda _: declared)
    with pytest.raises(ContractError, match=said):
        check_layer(layer, (3,))
    with pytest.raises(ContractError, match=said):
        check_any(layer)
