"""Which class a column of outputs or targets stands for, which labels hold, and metrics of either."""

from typing import Annotated, Literal, Self

import numpy as np

from nnspec.extend import Array, Field, Metric, Targets, TargetsError


class OfClasses(Metric):
    """Of classes, which exclude one another."""

    def settle(self, targets: Targets) -> Self:
        if targets.kind != "classes":
            raise TargetsError(f"this metric is for classes; the targets are {targets.kind}", _instead(targets))
        return self


class OfClassesOrLabels(Metric):
    """Of classes, or of labels, each of which holds or not by itself."""

    outputs: Annotated[
        Literal["classes", "labels"] | None,
        Field(
            description="what outputs tell: `classes`, which exclude one another, or `labels`, each of which "
            "holds above 1/2; by default what the data has"
        ),
    ] = None

    @property
    def of_labels(self) -> bool:
        """Whether each output stands for itself."""
        return self.outputs == "labels"

    def settle(self, targets: Targets) -> Self:
        if targets.kind == "numbers":
            message = "this metric is for classes or labels; the targets are numbers"
            raise TargetsError(message, _instead(targets))
        if self.outputs is None and targets.kind == "labels":
            return self.model_copy(update={"outputs": "labels"})
        return self


def _instead(targets: Targets) -> str:
    return "measure mae, rmse or r2" if targets.kind == "numbers" else "measure accuracy, precision, recall or f1"


def labels(columns: Array) -> Array:
    """Which labels hold, (K, N) of booleans: the entries above 1/2."""
    return np.asarray(columns.reshape(-1, columns.shape[-1]) > 0.5)


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
