"""Types of options that a spec may write in more than one form."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
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


FILE_NAME = r"^[A-Za-z0-9_][A-Za-z0-9._-]*$"
LONGEST_NAME = 100


def _file_name(value: str) -> str:
    if re.fullmatch(FILE_NAME, value) and len(value) <= LONGEST_NAME:
        return value
    raise PydanticCustomError(
        "file_name",
        "expected the name of a file in the run folder, without folders: at most {longest} letters, digits, dots, "
        "dashes and underscores",
        {"longest": LONGEST_NAME},
    )


FileName = Annotated[
    str,
    AfterValidator(_file_name),
    WithJsonSchema({"type": "string", "pattern": FILE_NAME, "maxLength": LONGEST_NAME}),
]
"""The name of a file to be written into the run folder. A file to be read is plain ``str``, see `Source.path`."""
