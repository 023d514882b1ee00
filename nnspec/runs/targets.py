"""What there is to answer in a data set."""

import numpy as np

from nnspec.contracts.loader import Dataset
from nnspec.contracts.targets import Held, Targets


def targets_of(dataset: Dataset, held: Held = "given") -> Targets:
    """What there is to answer. Numbers that are all 0 or 1 are labels, unless inputs are to be given back."""
    targets, samples = dataset.train.targets, len(dataset.train)
    if held == "inputs":
        return Targets("numbers", dataset.features, samples=samples)
    if dataset.classes is not None:
        counts = np.bincount(targets, minlength=len(dataset.classes))
        return Targets("classes", dataset.classes, tuple(counts.tolist()), samples)
    rows = targets.reshape(samples, -1)
    names = dataset.outcomes or tuple(str(number) for number in range(rows.shape[1]))
    if ((rows == 0) | (rows == 1)).all():
        return Targets("labels", names, tuple(np.count_nonzero(rows, axis=0).tolist()), samples)
    return Targets("numbers", names, samples=samples)
