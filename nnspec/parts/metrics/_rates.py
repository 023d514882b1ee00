"""What precision, recall and f1 share: a rate for each class or label out of counts, and their mean."""

from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Field, Value
from nnspec.parts.metrics._classes import OfClassesOrLabels, confusion_counts, labels


class Rate(OfClassesOrLabels):
    """Right answers of a class by something else; the subclasses say by what."""

    primary: ClassVar[str | None] = "average"

    average: Annotated[
        Literal["macro", "micro", "by_class"],
        Field(
            description="`macro`: mean of the classes' figures; `micro`: the figure of all counts taken together; "
            "`by_class`: a list of the classes' figures"
        ),
    ] = "macro"

    @property
    def single(self) -> bool:
        return self.average != "by_class"

    def measure(self, y: Array, t: Array) -> Array:
        """For each class how often it was answered rightly, answered, and there, (3, classes)."""
        if self.of_labels:
            answered, true = labels(y), labels(t)
            counts = [(answered & true).sum(axis=1), answered.sum(axis=1), true.sum(axis=1)]
        else:
            table = confusion_counts(y, t)
            counts = [np.diag(table), table.sum(axis=0), table.sum(axis=1)]
        return np.stack(counts).astype(np.float64)

    def result(self, total: Array) -> Value:
        if self.average == "micro":
            right, answered, true = total.sum(axis=1).tolist()
            return _ratio(right, self.divisor(answered, true))
        figures = [_ratio(right, self.divisor(answered, true)) for right, answered, true in total.T.tolist()]
        if self.average == "by_class":
            return figures
        # A class that neither came nor was answered says nothing.
        met = np.count_nonzero(total[1:].any(axis=0))
        return _ratio(sum(figures), float(met))

    def divisor(self, answered: float, true: float) -> float:
        """By what the right answers are divided, given how often a class was answered and how often it came."""
        raise NotImplementedError


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
