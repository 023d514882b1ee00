"""hard_sigmoid: three straight lines in place of the sigmoid.

    layers:
      - dense: 30
      - hard_sigmoid
      - dense: {units: 30, activation: {hard_sigmoid: 0.2}}      # reaches 0 and 1 at ∓2.5 in place of ∓3

y = max(0, min(1, a x + b));  dC/dx = a dy where 0 < y < 1, else 0
(M. Courbariaux and others, BinaryConnect, 2015, with a = 1/2; the ONNX operator HardSigmoid has a = 0.2)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from nnspec.extend import Activation, Array, Context, Field, PositiveFloat, Probability, factor_text, number_text
from nnspec.parts.activations._ramp import on_the_ramp, ramp


class HardSigmoid(Activation):
    """No exponential: cheap, and exactly 0 and 1 from a point on."""

    primary: ClassVar[str | None] = "slope"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "max(0, min(1, a x + b))",
        "x": "a dy where 0 < y < 1, else 0",
    }

    slope: Annotated[PositiveFloat, Field(description="a, the slope of the line in the middle")] = 1 / 6
    middle: Annotated[Probability, Field(description="b, the output at x = 0")] = 0.5

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        ramp(x, out, self.slope, self.middle)

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        on_the_ramp(y, out, ctx.buffer_like("below", y))
        out *= self.slope
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        slope = number_text(self.slope)
        if quantity == "y":
            line = f"{slope}·{factor_text(values['x'][index])} + {number_text(self.middle)}"
            return f"max(0, min(1, {line}))"
        return f"{slope}·{factor_text(values['dy'][index])}" if 0 < values["y"][index] < 1 else "0"
