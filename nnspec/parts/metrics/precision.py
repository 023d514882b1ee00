"""precision: of the answers that named a class, the share that was right.

    metrics: [accuracy, precision, recall, f1]
    metrics: [{precision: micro}]
    metrics: [{precision: by_class}]

Σ right answers of a class / Σ answers of that class; by class, then the mean of the classes that came or were
answered (macro), or of all classes' counts (micro, which is the accuracy). 0 for a class that was never answered.
(C. Manning and others, Introduction to Information Retrieval, 2008, sections 8.3 and 13.6)
"""

from nnspec.parts.metrics._rates import Rate


class Precision(Rate):
    """How far a class's name can be trusted."""

    def divisor(self, answered: float, true: float) -> float:
        return answered
