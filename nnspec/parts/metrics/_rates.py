"""What precision, recall and f1 share: a rate for each class out of a table of counts, and their mean."""

from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Field, Metric, Value
from nnspec.parts.metrics._classes import confusion_counts


class Rate(Metric):
    """Right answers of a class by something else; the subclasses say by what."""

    primary: ClassVar[str | None] = "average"

    average: Annotated[
        Literal["macro", "micro"],
        Field(description="mean of the classes' figures, or the figure of all counts taken together"),
    ] = "macro"

    def measure(self, y: Array, t: Array) -> Array:
        return confusion_counts(y, t)

    def result(self, total: Array) -> Value:
        right, answered, true = np.diag(total), total.sum(axis=0), total.sum(axis=1)
        if self.average == "micro":
            return _ratio(float(right.sum()), self.divisor(float(answered.sum()), float(true.sum())))
        # A class that neither came nor was answered says nothing.
        figures = [
            _ratio(hits, self.divisor(answers, truths))
            for hits, answers, truths in zip(right.tolist(), answered.tolist(), true.tolist(), strict=True)
            if answers or truths
        ]
        return _ratio(sum(figures), len(figures))

    def divisor(self, answered: float, true: float) -> float:
        """By what the right answers are divided, given how often a class was answered and how often it came."""
        raise NotImplementedError


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
