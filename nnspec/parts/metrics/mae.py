"""mae: the mean distance between outputs and targets.

    metrics: [mae, rmse, r2]

Σ |y - t| / number of outputs, over all samples and outputs, in the units of the targets
"""

from typing import ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Metric, Value


class Mae(Metric):
    """Mean absolute error."""

    better: ClassVar[Literal["higher", "lower"] | None] = "lower"

    def measure(self, y: Array, t: Array) -> Array:
        return np.array([np.abs(np.subtract(y, t, dtype=np.float64)).sum(), y.size])

    def result(self, total: Array) -> Value:
        return float(total[0] / total[1])
