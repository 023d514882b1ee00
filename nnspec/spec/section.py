"""What every section of a spec is, and the smallest of them."""

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A section: its fields are all it may hold."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        allow_inf_nan=False,
        # Built once, as a part of the whole document, instead of once more for each section.
        defer_build=True,
    )


class Bounds(Section):
    """Between which bounds a result must lie for `nnspec check` to pass."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _some(self) -> "Bounds":
        if self.min is None and self.max is None:
            hint = "for example `{min: 0.95}`"
            raise PydanticCustomError("no_bounds", "expected `min`, `max` or both", {"hint": hint})
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("bounds", "`min` is above `max`: no result can lie between them")
        return self
