"""Which class a column of outputs or targets stands for, and how often each was taken for each."""

import numpy as np

from nnspec.extend import Array


def class_numbers(columns: Array) -> Array:
    """Class of each column of (K, N): the largest entry, or whether a single one exceeds 1/2; (N,)."""
    flat: Array = columns.reshape(-1, columns.shape[-1])
    if len(flat) == 1:
        return np.asarray(flat[0] > 0.5, dtype=np.intp)
    return np.asarray(np.argmax(flat, axis=0))


def class_count(columns: Array) -> int:
    """How many classes columns of outputs tell apart."""
    return max(2, int(columns.size // columns.shape[-1]))


def confusion_counts(y: Array, t: Array) -> Array:
    """Samples by class (row) and answer (column), (classes, classes), float64."""
    classes = class_count(y)
    cells = class_numbers(t) * classes + class_numbers(y)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.float64)
