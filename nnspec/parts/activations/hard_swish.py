"""hard_swish: silu with three straight lines in place of its sigmoid.

    layers:
      - dense: {units: 50, weights: he}
      - hard_swish

y = x h with h = max(0, min(1, x/6 + 1/2));  dC/dx = dy (h + x/6 where 0 < h < 1)
(A. Howard and others, Searching for MobileNetV3, 2019, section 5.2)
"""

from collections.abc import Mapping
from typing import ClassVar

from nnspec.extend import Activation, Array, Context, factor_text, number_text
from nnspec.parts.activations._ramp import on_the_ramp, ramp

SLOPE, MIDDLE = 1 / 6, 0.5


class HardSwish(Activation):
    """No exponential: a parabola between -3 and 3, 0 below it and x above."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "x h with h = max(0, min(1, x/6 + 1/2))",
        "x": "dy (h + x/6 where 0 < h < 1)",
    }

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        ramp(x, out, SLOPE, MIDDLE)
        out *= x

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        height = ctx.buffer_like("height", x)
        ramp(x, height, SLOPE, MIDDLE)
        on_the_ramp(height, out, ctx.buffer_like("below", x))
        out *= x
        out *= SLOPE
        out += height
        out *= dy

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        x = values["x"][index]
        text = number_text(x)
        height = f"max(0, min(1, {text} / 6 + 0.5))"
        if quantity == "y":
            return f"{factor_text(x)}·{height}"
        bend = f" + {text} / 6" if -3 < x < 3 else ""
        return f"{factor_text(values['dy'][index])}·({height}{bend})"
