"""What there is to answer in a data set."""

import numpy as np

from nnspec.contracts.loader import Dataset
from nnspec.contracts.targets import Targets


def targets_of(dataset: Dataset) -> Targets:
    """What a data set asks for. Numbers that are all 0 or 1 are labels."""
    targets, samples = dataset.train.targets, len(dataset.train)
    if dataset.classes is not None:
        counts = np.bincount(targets, minlength=len(dataset.classes))
        return Targets("classes", dataset.classes, tuple(counts.tolist()), samples)
    rows = targets.reshape(samples, -1)
    names = dataset.outcomes or tuple(str(number) for number in range(rows.shape[1]))
    if ((rows == 0) | (rows == 1)).all():
        return Targets("labels", names, tuple(np.count_nonzero(rows, axis=0).tolist()), samples)
    return Targets("numbers", names, samples=samples)
