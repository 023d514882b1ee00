"""Options of image layers that may be written in more than one form."""

from typing import Annotated, Any, Literal

from pydantic import NonNegativeInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from nnspec.extend import OneOrTwo, decided_by


def _whole(value: object, least: int) -> bool:
    return type(value) is int and value >= least


def _padding(value: object) -> object:
    if value in ("same", "valid") or _whole(value, 0):
        return value
    raise PydanticCustomError("padding", "expected `same`, `valid` or a whole number from 0")


def _sides(value: object) -> tuple[int, int, int, int]:
    numbers = [value, value] if type(value) is int else value
    if isinstance(numbers, (list, tuple)) and all(_whole(number, 0) for number in numbers):
        if len(numbers) == 2:
            numbers = [numbers[0], numbers[0], numbers[1], numbers[1]]
        if len(numbers) == 4:
            top, bottom, left, right = numbers
            return top, bottom, left, right
    raise PydanticCustomError(
        "sides", "expected a whole number from 0, [rows, columns], or [top, bottom, left, right]"
    )


def _number_or_lists(*lengths: int) -> Any:
    number = {"type": "integer", "minimum": 0}
    lists = [{"type": "array", "items": number, "minItems": length, "maxItems": length} for length in lengths]
    return WithJsonSchema({"anyOf": [number, *lists]})


Pair = Annotated[tuple[int, int], OneOrTwo(1, "[rows, columns]")]
"""One number for both axes, or ``[rows, columns]``."""
Padding = Annotated[Literal["same", "valid"] | NonNegativeInt, decided_by(_padding)]
"""``same``: as many windows as there are strides; ``valid``: none; or so many cells on every side."""
Sides = Annotated[tuple[int, int, int, int], decided_by(_sides), _number_or_lists(2, 4)]
"""Cells at top, bottom, left and right; also written as one number or ``[rows, columns]``."""
