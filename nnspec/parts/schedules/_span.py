"""A stretch of the training, as schedules take it: so many steps, or a share of all of them."""

from typing import Annotated, cast

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def _span(value: object) -> int | float:
    # One validator instead of a union, so that a problem keeps the option's own location.
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if whole or (isinstance(value, float) and 0 < value < 1):
        return cast(int | float, value)
    raise PydanticCustomError(
        "span", "expected a number of steps, at least 1, or a share of the training between 0 and 1"
    )


Span = Annotated[int | float, PlainValidator(_span), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})]
"""A number of steps (``500``), or a share of the training (``0.05``)."""


def steps_in(span: float, steps: int) -> int:
    """How many of the training's steps a stretch is; at least 1."""
    return span if isinstance(span, int) else max(1, round(span * steps))
