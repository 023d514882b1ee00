"""recall: of the samples of a class, the share that was recognized.

    metrics: [accuracy, precision, recall, f1]
    metrics: [{recall: micro}]
    metrics: [{recall: by_class}]

Σ right answers of a class / Σ samples of that class; by class, then the mean of the classes that came or were
answered (macro, also known as balanced accuracy), or of all classes' counts (micro, which is the accuracy).
(C. Manning and others, Introduction to Information Retrieval, 2008, sections 8.3 and 13.6)
"""

from nnspec.parts.metrics._rates import Rate


class Recall(Rate):
    """How much of a class is found."""

    def divisor(self, answered: float, true: float) -> float:
        return true
