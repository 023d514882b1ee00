"""Options of image transforms that may be written as one number or as two."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import WithJsonSchema
from pydantic_core import PydanticCustomError

from nnspec.extend import decided_by


def _two_numbers(least: int, names: str) -> Callable[[object], tuple[int, int]]:
    def read(value: object) -> tuple[int, int]:
        numbers = [value, value] if type(value) is int else value
        if isinstance(numbers, (list, tuple)) and len(numbers) == 2:
            first, second = numbers
            # `type`, not `isinstance`: true and false are no lengths.
            if type(first) is int and type(second) is int and min(first, second) >= least:
                return first, second
        raise PydanticCustomError("two_numbers", f"expected a whole number from {least}, or two of them: {names}")

    return read


def _one_or_two(least: int) -> Any:
    number = {"type": "integer", "minimum": least}
    return WithJsonSchema({"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]})


Sides = Annotated[tuple[int, int], decided_by(_two_numbers(1, "[height, width]")), _one_or_two(1)]
"""One number for height and width, or ``[height, width]``."""
Reach = Annotated[tuple[int, int], decided_by(_two_numbers(0, "[rows, columns]")), _one_or_two(0)]
"""One number for both directions, or ``[rows, columns]``; from 0."""
