"""he: keeps the spread of signals through rectifiers.

    - dense: {units: 30, weights: he}
    - dense: {units: 30, weights: {he: normal}}

Var(w) = 2 / fan_in
(K. He and others, Delving Deep into Rectifiers, 2015; Kaiming)
"""

from nnspec.parts.initializers._scaled import VarianceScaled


class He(VarianceScaled):
    """Also known as Kaiming; for relu and its kin."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        return 2 / fan_in
