"""How many samples are set aside for validation and test, and which."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, cast

import numpy as np

from nnspec.extend import (
    Array,
    DataError,
    Dataset,
    Field,
    Random,
    Share,
    SourceFile,
    Split,
    SplitName,
)

if TYPE_CHECKING:
    from nnspec.extend import Rows

ValidationShare = Annotated[
    Share, Field(description="samples set aside to choose by: a count, or a share of all; 0 for none")
]
TestShare = Annotated[
    Share, Field(description="samples set aside to judge by: a count, or a share of all; 0 for none")
]

Stratified = Annotated[
    bool, Field(description="set aside of each class in proportion; false draws regardless of classes")
]


def count(share: float, total: int) -> int:
    """How many of ``total`` samples a `Share` stands for; a share that is asked for is at least one."""
    return max(1, round(share * total)) if isinstance(share, float) else int(share)


def set_aside(total: int, validation: float, test: float) -> tuple[int, int]:
    """The counts for validation and test.

    Raises:
        DataError: They leave nothing to train on.
    """
    first, second = count(validation, total), count(test, total)
    if first + second >= total:
        parts = " and ".join(
            f"{number} for {name}" for number, name in ((first, "validation"), (second, "test")) if number
        )
        raise DataError(f"of {total} samples, setting aside {parts} leaves none to train on: set aside fewer")
    return first, second


def last(split: Split, validation: float) -> dict[SplitName, Split]:
    """Training and validation split, the latter being the last samples, as MNIST is customarily divided."""
    number, _ = set_aside(len(split), validation, 0)
    if number == 0:
        return {"train": split}
    return _ends(split, number, 0)


def _ends(split: Split, validation: int, test: int) -> dict[SplitName, Split]:
    """Splits one behind the other: training, validation, test."""
    border, end = len(split) - validation - test, len(split) - test
    places: dict[SplitName, tuple[int, int]] = {
        "train": (0, border),
        "validation": (border, end),
        "test": (end, len(split)),
    }
    return {name: _part(split, start, stop) for name, (start, stop) in places.items() if stop > start}


def _part(split: Split, start: int, stop: int) -> Split:
    rows = _in_files(split)
    part = rows.part(start, stop) if rows is not None else split.inputs[start:stop]
    return Split(cast(Array, part), split.targets[start:stop])


def _in_files(split: Split) -> "Rows | None":
    """Inputs that stay in their files; None for an array."""
    # Not at the top: what is only checked has none, and mapping files into memory takes its time to load.
    from nnspec.extend import Rows

    inputs: Array | Rows = split.inputs
    return inputs if isinstance(inputs, Rows) else None


def drawn(
    split: Split, validation: float, test: float, random: Random, *, stratified: bool
) -> dict[SplitName, Split]:
    """Splits drawn at random, each in the order of the data; of inputs that stay in files, the last samples.

    Args:
        split: What is divided.
        validation: How much is set aside to choose by.
        test: How much is set aside to judge by.
        random: What draws.
        stratified: Whether each split holds the classes in proportion; targets must be class numbers then.

    Raises:
        DataError: The shares leave nothing to train on.
    """
    total = len(split)
    set_aside_validation, set_aside_test = set_aside(total, validation, test)
    if _in_files(split) is not None:
        return _ends(split, set_aside_validation, set_aside_test)
    order = _stratified(split.targets, random) if stratified else random.permutation(total)
    border = set_aside_test + set_aside_validation
    chosen: Mapping[SplitName, Array] = {
        "train": order[border:],
        "validation": order[set_aside_test:border],
        "test": order[:set_aside_test],
    }
    if len(chosen["train"]) == total:
        return {"train": split}
    return {
        name: Split(split.inputs[rows], split.targets[rows])
        for name, rows in ((name, np.sort(rows)) for name, rows in chosen.items())
        if len(rows)
    }


def _stratified(labels: Array, random: Random) -> Array:
    """An order of which every stretch holds the classes in proportion, up to one sample a class and end.

    The samples of a class are spread evenly from 0 to 1, each at a random place within its stretch.
    """
    places = np.empty(len(labels))
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        places[members] = (np.arange(len(members)) + random.random(len(members))) / len(members)
    return np.argsort(places, kind="stable")


def assemble(
    splits: Mapping[SplitName, Split],
    classes: tuple[str, ...] | None = None,
    files: tuple[SourceFile, ...] = (),
    features: tuple[str, ...] = (),
    outcomes: tuple[str, ...] = (),
) -> Dataset:
    """A data set of splits by name."""
    return Dataset(
        splits["train"], splits.get("validation"), splits.get("test"), classes, files, features, outcomes
    )
