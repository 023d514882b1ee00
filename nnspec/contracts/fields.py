"""Types of options that a spec may write in more than one form."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class OneOrTwo:
    """An option of two whole numbers, of which one stands for both.

    It stands behind the type, ``kernel: Annotated[tuple[int, int], OneOrTwo(1, "[rows, columns]")]``.

    One type instead of a union, so that a mistake is reported once, at the option itself.

    Attributes:
        least: The smallest number allowed.
        names: What the two are, as a message shows it.
    """

    least: int
    names: str

    def read(self, value: object) -> tuple[int, int]:
        """The two numbers.

        Raises:
            PydanticCustomError: The value is neither.
        """
        numbers = [value, value] if type(value) is int else value
        if isinstance(numbers, (list, tuple)) and len(numbers) == 2:
            first, second = numbers
            # `type`, not `isinstance`: true and false are no lengths.
            if type(first) is int and type(second) is int and min(first, second) >= self.least:
                return first, second
        raise PydanticCustomError(
            "one_or_two", f"expected a whole number from {self.least}, or two of them: {self.names}"
        )

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(lambda value, _: self.read(value), handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        number = {"type": "integer", "minimum": self.least}
        return {"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]}
