"""r2: the share of the targets' variance that the outputs explain.

    metrics: [mae, rmse, r2]

1 - Σ (y - t)² / Σ (t - mean t)² for each output, then their mean; 1 is perfect, 0 no better than the mean of the
targets, less is worse. An output whose targets never vary counts 1 if it is right throughout, else 0.
(N. Draper and H. Smith, Applied Regression Analysis, 1998, section 1.3)
"""

import numpy as np

from nnspec.extend import Array, Metric, Value

ROUNDING = 1e-12
"""Share of the targets' squares below which what is left of them is rounding."""


class R2(Metric):
    """Coefficient of determination."""

    def measure(self, y: Array, t: Array) -> Array:
        outputs, targets = (array.reshape(-1, array.shape[-1]).astype(np.float64) for array in (y, t))
        sums = (
            np.full(len(targets), float(targets.shape[1])),
            targets.sum(axis=1),
            np.square(targets).sum(axis=1),
            np.square(outputs - targets).sum(axis=1),
        )
        return np.stack(sums)

    def result(self, total: Array) -> Value:
        count, sums, squares, missed = total
        spread = squares - np.square(sums) / count
        varies = spread > ROUNDING * squares
        unexplained = np.divide(missed, spread, out=np.sign(missed), where=varies)
        return float(np.mean(1 - unexplained))
