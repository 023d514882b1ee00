"""How much samples of each class count: balanced, by name, or in the order of the classes."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Annotated, Literal

import numpy as np
from pydantic import WithJsonSchema
from pydantic_core import PydanticCustomError

from nnspec.extend import Array, Field, Targets, TargetsError, decided_by

OPTION = ("class_weights",)

_WEIGHT = {"type": "number", "exclusiveMinimum": 0}
_FORMS = {
    "anyOf": [
        {"const": "balanced"},
        {"type": "object", "additionalProperties": _WEIGHT, "minProperties": 1},
        {"type": "array", "items": _WEIGHT, "minItems": 1},
        {"type": "null"},
    ]
}


def _weights(value: object) -> Literal["balanced"] | dict[str, float] | tuple[float, ...] | None:
    # One validator instead of a union, so that a problem keeps the option's own location.
    if value is None or value == "balanced":
        return value
    if isinstance(value, Mapping) and value and all(map(_is_weight, value.values())):
        return {str(name): float(weight) for name, weight in value.items()}
    if isinstance(value, list | tuple) and value and all(map(_is_weight, value)):
        return tuple(map(float, value))
    raise PydanticCustomError(
        "class_weights",
        "expected `balanced`, weights above 0 by class name, or a list of them in the order of the classes",
        {"hint": "for example `class_weights: balanced`, or `class_weights: {cat: 1, dog: 2.5}`"},
    )


def _is_weight(value: object) -> bool:
    return type(value) in (int, float) and isfinite(value) and value > 0  # type: ignore[arg-type,operator]


ClassWeights = Annotated[
    Literal["balanced"] | dict[str, float] | tuple[float, ...] | None,
    decided_by(_weights),
    WithJsonSchema(_FORMS),
    Field(
        description="how much samples of each class count: `balanced` for as much in all, weights by class name "
        "(1 where not named), or a list in the order of the classes"
    ),
]


def by_place(weights: dict[str, float] | tuple[float, ...], targets: Targets) -> tuple[float, ...]:
    """Weights in the order of the classes.

    Raises:
        TargetsError: They are not those of the classes.
    """
    names = targets.names
    if isinstance(weights, tuple):
        if len(weights) != len(names):
            raise TargetsError(
                f"{len(weights)} weights for {len(names)} {targets.kind}",
                f"give one for each of {_listed(names)}",
                OPTION,
            )
        return weights
    for name in weights:
        if name not in names:
            near = get_close_matches(name.lower(), [known.lower() for known in names], n=1)
            known = next((known for known in names if near and known.lower() == near[0]), None)
            hint = f"did you mean `{known}`?" if known else f"there are {_listed(names)}"
            raise TargetsError(f"`{name}` is none of the {targets.kind}", hint, (*OPTION, name))
    return tuple(weights.get(name, 1.0) for name in names)


def column(weights: Sequence[float], like: Array) -> Array:
    """Weights as a column that multiplies rows of outputs, in the type of ``like``."""
    return np.array(weights, like.dtype).reshape(len(weights), *(1,) * (like.ndim - 1))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:20])
    return f"{shown}, ..." if len(names) > 20 else shown
