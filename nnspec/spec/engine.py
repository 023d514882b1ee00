"""The section `engine`: how a training uses the machine."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from nnspec.contracts.part import decided_by
from nnspec.spec.section import Section

AUTO: Literal["auto"] = "auto"
MOST_SHARDS = 256


def _shards(value: object) -> int | Literal["auto"]:
    if value == AUTO and isinstance(value, str):
        return AUTO
    # `type`, not `isinstance`: true is no number of shards.
    if type(value) is int and 1 <= value <= MOST_SHARDS:
        return value
    raise PydanticCustomError(
        "shards",
        "expected `auto` or a whole number from 1 to {most}",
        {"most": MOST_SHARDS, "hint": "for example `shards: 2`, one for each of two cores"},
    )


def _prefetch(value: object) -> bool | Literal["auto"]:
    if value == AUTO and isinstance(value, str):
        return AUTO
    if isinstance(value, bool):
        return value
    raise PydanticCustomError(
        "prefetch", "expected `auto`, true or false", {"hint": "for example `prefetch: true`"}
    )


class Engine(Section):
    """How a training uses the machine. How many shards there are decides the last bits of its results."""

    shards: Annotated[
        int | Literal["auto"],
        decided_by(_shards),
        WithJsonSchema({"anyOf": [{"const": AUTO}, {"type": "integer", "minimum": 1, "maximum": MOST_SHARDS}]}),
        Field(
            description="pieces that the batch of a step is cut into, each with a thread of its own; `auto` goes "
            "by the work in a step and the cores there are, and the run folder says what it came to"
        ),
    ] = AUTO
    prefetch: Annotated[
        bool | Literal["auto"],
        decided_by(_prefetch),
        WithJsonSchema({"anyOf": [{"const": AUTO}, {"type": "boolean"}]}),
        Field(
            description="whether a thread makes the next batches ready; `auto`: where samples stay in files, and "
            "behind transforms that draw at random"
        ),
    ] = AUTO
