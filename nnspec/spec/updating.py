"""What section `train` says about gradients and parameters: clipping, averages."""

from typing import Annotated, Literal, cast

from pydantic import Field, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from nnspec.spec.section import Section


class Clip(Section):
    """How gradients are held within bounds, the penalty's part included; one of the three."""

    value: Annotated[PositiveFloat | None, Field(description="each number lies between -x and x")] = None
    norm: Annotated[
        PositiveFloat | None, Field(description="the gradient is scaled down where its norm is above x")
    ] = None
    layer: Annotated[
        PositiveFloat | None, Field(description="the same for the parameters of each layer by themselves")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> "Clip":
        _require_one(self, "norm: 1.0")
        return self

    @property
    def chosen(self) -> tuple[Literal["value", "norm", "layer"], float]:
        """Which of the three, and its bound."""
        if self.value is not None:
            return "value", self.value
        return ("norm", self.norm) if self.norm is not None else ("layer", cast(float, self.layer))


class Swa(Section):
    """Stochastic weight averaging: the mean of the weights at ends of epochs."""

    start: Annotated[
        float, Field(ge=0, lt=1, description="share of the training's steps that must be over before epochs count")
    ] = 0.75


class Average(Section):
    """Which average of the weights evaluations, checkpoints and the finished network have; one of the two."""

    ema: Annotated[
        float | None, Field(gt=0, lt=1, description="exponential: the part of the average that a step leaves")
    ] = None
    swa: Annotated[Swa | None, Field(description="the mean of the weights at ends of epochs")] = None

    @model_validator(mode="after")
    def _one(self) -> "Average":
        _require_one(self, "ema: 0.999")
        return self


def _require_one(section: Section, example: str) -> None:
    """Refuses a section that does not say exactly one of the things it may say."""
    words = list(type(section).model_fields)
    if sum(getattr(section, word) is not None for word in words) != 1:
        *most, last = [f"`{word}`" for word in words]
        raise PydanticCustomError(
            "one_of",
            "expected exactly one of {words}",
            {"words": f"{', '.join(most)} and {last}", "hint": f"for example `{{{example}}}`"},
        )
