"""rmse: the root of the mean squared distance between outputs and targets.

    metrics: [mae, rmse, r2]

√(Σ (y - t)² / number of outputs), over all samples and outputs, in the units of the targets
"""

from math import sqrt
from typing import ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Metric, Value


class Rmse(Metric):
    """Root mean squared error: large misses count for more than in mae."""

    better: ClassVar[Literal["higher", "lower"] | None] = "lower"

    def measure(self, y: Array, t: Array) -> Array:
        return np.array([np.square(np.subtract(y, t, dtype=np.float64)).sum(), y.size])

    def result(self, total: Array) -> Value:
        return sqrt(total[0] / total[1])
