"""Folds: the training samples in equal parts, each of which is held out once."""

from dataclasses import replace

import numpy as np

from nnspec.contracts.loader import Dataset, Split
from nnspec.contracts.rows import Rows
from nnspec.errors import DataError
from nnspec.types import Array, Random


def divided(dataset: Dataset, folds: int, fold: int, random: Random) -> Dataset:
    """The data set with one fold of its training samples as the validation split.

    Where there are classes each fold has every class in proportion, within a sample. The same generator gives the
    same folds, whichever is held out.

    Args:
        dataset: The data; without a validation split.
        folds: How many.
        fold: Which is held out, from 1.
        random: What draws.

    Raises:
        DataError: There are fewer samples than folds.
    """
    train = dataset.train
    if isinstance(train.inputs, Rows):
        raise DataError("samples that stay in their files cannot be divided into folds: read them into memory")
    if len(train) < folds:
        raise DataError(f"{len(train)} samples cannot be divided into {folds} folds: ask for fewer")
    places = _places(train.targets if dataset.classes is not None else None, len(train), folds, random)
    return replace(dataset, train=_part(train, places != fold - 1), validation=_part(train, places == fold - 1))


def _places(labels: Array | None, samples: int, folds: int, random: Random) -> Array:
    """The fold of each sample, from 0: samples in an order of chance, class by class, are dealt out in turn."""
    order = random.permutation(samples)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    places = np.empty(samples, np.intp)
    places[order] = np.arange(samples) % folds
    return places


def _part(split: Split, chosen: Array) -> Split:
    return Split(split.inputs[chosen], split.targets[chosen])
