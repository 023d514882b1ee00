"""f1: the harmonic mean of precision and recall.

    metrics: [accuracy, f1]
    metrics: [{f1: micro}]
    metrics: [{f1: by_class}]

2 · right answers of a class / (answers of that class + samples of that class); by class, then the mean of the
classes that came or were answered (macro), or of all classes' counts (micro, which is the accuracy).
(C. van Rijsbergen, Information Retrieval, 1979, chapter 7; C. Manning and others, 2008, section 8.3)
"""

from nnspec.parts.metrics._rates import Rate


class F1(Rate):
    """High only where precision and recall both are."""

    def divisor(self, answered: float, true: float) -> float:
        return (answered + true) / 2
