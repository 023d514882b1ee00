"""glorot: keeps the spread of signals and of gradients through tanh-like layers; the default of weights.

    - dense: {units: 30, weights: glorot}
    - dense: {units: 30, weights: {glorot: normal}}

Var(w) = 2 / (fan_in + fan_out)
(X. Glorot and Y. Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010; Xavier)
"""

from nnspec.parts.initializers._scaled import VarianceScaled


class Glorot(VarianceScaled):
    """Also known as Xavier."""

    def variance(self, fan_in: int, fan_out: int) -> float:
        return 2 / (fan_in + fan_out)
