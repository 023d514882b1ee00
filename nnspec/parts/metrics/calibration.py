"""calibration: how far certainty is from being right; 0 where of the answers that are 80 % certain 80 % are right.

    metrics: [accuracy, calibration]
    metrics: [accuracy, {calibration: 20}]      # 20 bins in place of 15

Expected calibration error: answers are sorted into bins of equal width by their certainty (the largest output, or
with a single one the more likely side of it; labels
answer one by one); Σ over the bins of |Σ certainty - Σ right| / number of answers
(C. Guo and others, On Calibration of Modern Neural Networks, 2017, equation 3)
"""

from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Field, PositiveInt, Value
from nnspec.parts.metrics._classes import OfClassesOrLabels, class_numbers, labels


class Calibration(OfClassesOrLabels):
    """For outputs that are probabilities, from softmax or sigmoid."""

    primary: ClassVar[str | None] = "bins"
    better: ClassVar[Literal["higher", "lower"] | None] = "lower"

    bins: Annotated[PositiveInt, Field(description="how many bins certainty is sorted into")] = 15

    def measure(self, y: Array, t: Array) -> Array:
        flat = y.reshape(-1, y.shape[-1]).astype(np.float64)
        if self.of_labels:
            certainty, right = np.maximum(flat, 1 - flat).ravel(), (labels(y) == labels(t)).ravel()
        else:
            certainty = flat.max(axis=0) if len(flat) > 1 else np.maximum(flat[0], 1 - flat[0])
            right = class_numbers(y) == class_numbers(t)
        # A certainty on the border of two bins belongs to the lower one.
        places = np.clip(np.ceil(certainty * self.bins).astype(np.intp) - 1, 0, self.bins - 1)
        weights = (None, certainty, right)
        return np.stack([np.bincount(places, weight, self.bins) for weight in weights]).astype(np.float64)

    def result(self, total: Array) -> Value:
        count, certainty, right = total
        return float(np.abs(certainty - right).sum() / count.sum())
