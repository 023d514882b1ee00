"""auc: the probability that a sample of a class gets a higher score for it than a sample of another class.

    metrics: [accuracy, auc]

Area under the ROC curve, each class against the rest, then the mean of the classes; for two classes, of the one;
for labels, of each by itself and then the mean.
Outputs must be probabilities, from softmax or sigmoid.

Scores are counted in bins rather than sorted, so that batches add up. A bin is at most 1/128 as wide as its
distance from 0 or 1, whichever is nearer. Two scores in one bin count as equal, half right: the figure is off by
at most half the share of pairs that fall into one bin together, and typically by less than 0.001.
(T. Fawcett, An Introduction to ROC Analysis, 2006, sections 7 and 9)
"""

import numpy as np

from nnspec.extend import Array, DataError, Value
from nnspec.parts.metrics._classes import OfClassesOrLabels, class_numbers, labels

# The upper half of a float32, taken for a whole number, grows with it: eight bits of exponent, seven of digits.
# This is 0.5.
HALF = 0x3F00
BINS = 2 * HALF + 1


class Auc(OfClassesOrLabels):
    """Whether scores put samples in the right order, whatever threshold is chosen later."""

    def measure(self, y: Array, t: Array) -> Array:
        scores = y.reshape(-1, y.shape[-1])
        if scores.min(initial=0) < 0 or scores.max(initial=0) > 1:
            raise DataError("auc needs outputs between 0 and 1; end the stack in `softmax` or `sigmoid`")
        if self.of_labels:
            hits = labels(t)
        else:
            # Of two classes the second stands for both.
            scores = scores[1:] if len(scores) == 2 else scores
            classes = np.arange(len(scores))[:, np.newaxis] if len(scores) > 1 else 1
            hits = class_numbers(t) == classes
        cells = (np.arange(len(scores))[:, np.newaxis] * 2 + hits) * BINS + _bins(scores)
        counts = np.bincount(cells.ravel(), minlength=len(scores) * 2 * BINS)
        return counts.reshape(len(scores), 2, BINS).astype(np.float64)

    def result(self, total: Array) -> Value:
        misses, hits = total[:, 0], total[:, 1]
        pairs = misses.sum(axis=1) * hits.sum(axis=1)
        lower = np.cumsum(misses, axis=1) - misses / 2
        ordered = (hits * lower).sum(axis=1)
        # A class that never came, or always, has no pairs; with none at all there is no order to be right about.
        return float(np.mean(ordered[pairs > 0] / pairs[pairs > 0])) if pairs.any() else 0.5


def _bins(scores: Array) -> Array:
    """The bin of each score: finer towards 0 and 1, in the order of the scores."""
    distance = np.minimum(scores, 1 - scores).astype(np.float32)
    # Kept within the bins for the sake of NaN, which training notices by itself.
    bits = np.minimum(distance.view(np.uint32) >> np.uint32(16), HALF).astype(np.intp)
    return np.asarray(np.where(scores <= 0.5, bits, 2 * HALF - bits))
