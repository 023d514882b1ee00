"""Stretches of training or of time, as a spec writes them: `1 epoch`, `500 steps`, `60 s`, `10 min`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from nnspec.contracts.part import decided_by
from nnspec.spec.problems import shown

SECONDS: Mapping[str, float] = {"s": 1, "min": 60, "h": 3600}
"""Seconds in a unit of time."""

UNITS: Mapping[str, str] = {
    **dict.fromkeys(("epoch", "epochs"), "epochs"),
    **dict.fromkeys(("step", "steps"), "steps"),
    **dict.fromkeys(("s", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
}
"""The units that may be written, and their names here."""

_FORM = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*")


@dataclass(frozen=True)
class Interval:
    """So many of a unit.

    Attributes:
        count: How many; whole for epochs and steps.
        unit: ``epochs``, ``steps``, ``s``, ``min`` or ``h``.
    """

    count: float
    unit: str

    @property
    def seconds(self) -> float | None:
        """Its length in seconds; None for epochs and steps."""
        return self.count * SECONDS[self.unit] if self.unit in SECONDS else None

    @property
    def epochs(self) -> int | None:
        """Its length in epochs; None for others."""
        return int(self.count) if self.unit == "epochs" else None

    @property
    def steps(self) -> int | None:
        """Its length in steps; None for others."""
        return int(self.count) if self.unit == "steps" else None

    def __str__(self) -> str:
        singular = self.count == 1 and self.unit in ("epochs", "steps")
        return f"{self.count:g} {self.unit[:-1] if singular else self.unit}"


def every(value: object) -> Interval:
    """An interval of any unit; see `_parsed`."""
    return _parsed(value, ("epochs", "steps", *SECONDS), "`1 epoch`, `500 steps`, `60 s` or `10 min`")


def steps(value: object) -> Interval:
    """A number of steps; see `_parsed`."""
    return _parsed(value, ("steps",), "`500 steps`")


def duration(value: object) -> Interval:
    """A stretch of time; see `_parsed`."""
    return _parsed(value, tuple(SECONDS), "`60 s`, `10 min` or `1.5 h`")


def _parsed(value: object, units: tuple[str, ...], forms: str) -> Interval:
    """What a spec says, if it has one of these units.

    Raises:
        PydanticCustomError: It has not; names the forms there are.
    """
    if isinstance(value, Interval):
        return value
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    unit = UNITS.get(match[2]) if match else None
    if match is None or unit not in units:
        raise PydanticCustomError(
            "interval",
            "expected a number with its unit, found {found}",
            {"found": shown(value), "hint": f"for example {forms}"},
        )
    count = float(match[1])
    if count <= 0 or (unit not in SECONDS and count != int(count)):
        least = "a number above 0" if unit in SECONDS else f"a whole number of {unit} above 0"
        raise PydanticCustomError(
            "interval",
            "expected {least}, found {found}",
            {"least": least, "found": shown(value), "hint": f"for example {forms}"},
        )
    return Interval(count, unit)


_TEXT = WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*[a-z]+\s*$"})
_WRITTEN = PlainSerializer(str)

Every = Annotated[Interval, decided_by(every), _WRITTEN, _TEXT]
Steps = Annotated[Interval, decided_by(steps), _WRITTEN, _TEXT]
Duration = Annotated[Interval, decided_by(duration), _WRITTEN, _TEXT]
