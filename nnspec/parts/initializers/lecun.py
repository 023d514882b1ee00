"""lecun: keeps the spread of signals through linear and self-normalizing layers.

    - dense: {units: 30, weights: lecun}
    - dense: {units: 30, weights: {lecun: normal}}

Var(w) = 1 / fan_in
(Y. LeCun and others, Efficient BackProp, 1998)
"""

from nnspec.parts.initializers._scaled import VarianceScaled


class Lecun(VarianceScaled):
    """The tutorials' 1/sqrt(fan in)."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        return 1 / fan_in
