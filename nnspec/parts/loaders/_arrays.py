"""Data sets of arrays, as npz, npy and pickle files hold them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnspec.extend import (
    Array,
    DataError,
    Dataset,
    Loader,
    Outline,
    Rows,
    Source,
    SourceFile,
    Split,
    SplitName,
)
from nnspec.parts.loaders._mapped import CHANNELS
from nnspec.parts.loaders._split import Stratified, TestShare, ValidationShare, assemble, drawn
from nnspec.parts.loaders._targets import ClassNames, Stored, Task, decode


@dataclass(frozen=True)
class Pair:
    """The inputs and targets of one split, as stored."""

    inputs: Stored
    targets: Stored


class ArrayLoader(Loader):
    """Splits that the files hold are taken as they are; `validation` and `test` are drawn from the train split."""

    validation: ValidationShare = 0
    test: TestShare = 0
    stratified: Stratified = True
    classes: ClassNames = None
    task: Task = None

    def pairs(self, source: Source) -> tuple[Mapping[SplitName, Pair], tuple[SourceFile, ...]]:
        """The splits that the files hold, ``train`` first, and what was read."""
        raise NotImplementedError

    def outline(self) -> Outline:
        return Outline(classes=len(self.classes) if self.classes else None, names=self.classes)

    def load(self, source: Source) -> Dataset:
        pairs, files = self.pairs(source)
        for name, share in (("validation", self.validation), ("test", self.test)):
            if share and name in pairs:
                raise DataError(f"there is a {name} split in the data already: leave the option `{name}` out")
        targets, classes = decode([pair.targets for pair in pairs.values()], self.task, self.classes)
        splits: dict[SplitName, Split] = {}
        for (name, pair), numbers in zip(pairs.items(), targets, strict=True):
            inputs = as_inputs(pair.inputs)
            if len(inputs) != len(numbers):
                raise pair.targets.error(f"holds {len(numbers)} targets for {len(inputs)} samples")
            if splits and inputs.shape[1:] != splits["train"].inputs.shape[1:]:
                raise pair.inputs.error(
                    f"holds samples of shape {inputs.shape[1:]}, those to train on have "
                    f"{splits['train'].inputs.shape[1:]}"
                )
            splits[name] = Split(inputs, numbers)
        stratified = self.stratified and classes is not None
        splits |= drawn(splits["train"], self.validation, self.test, source.random, stratified=stratified)
        return assemble(splits, classes, files)


def as_inputs(stored: Stored) -> Array:
    """Inputs, samples first and contiguous: bytes and whole numbers as they are, other numbers as float32.

    Bytes of three axes are grey images and get their channel; of four, with the channels last, they are turned
    to (samples, channels, height, width). One number a sample becomes a row of one.

    Raises:
        DataError: They are empty, not finite, or no numbers.
    """
    values = stored.values
    if isinstance(values, Rows):
        return values
    if values.dtype.kind not in "biuf":
        raise stored.error(f"holds {values.dtype} where numbers were expected")
    if values.ndim == 0 or values.size == 0:
        raise stored.error(f"is empty: its shape is {values.shape}")
    if values.dtype.kind in "bf":
        # Signalling NaN, which files can hold, count as invalid; none of them gets past the next lines.
        with np.errstate(over="ignore", invalid="ignore"):
            values = values.astype(np.float32, copy=False)
        if not np.isfinite(values).all():
            place = int(np.argmin(np.isfinite(values).reshape(len(values), -1).all(axis=1)))
            raise stored.error(f"holds NaN, an infinite value or one beyond float32 in sample {place}")
    if values.dtype == np.uint8 and values.ndim == 3:
        values = values[:, np.newaxis]
    elif values.dtype == np.uint8 and values.ndim == 4 and values.shape[1] not in CHANNELS:
        values = np.moveaxis(values, -1, 1) if values.shape[-1] in CHANNELS else values
    elif values.ndim == 1:
        values = values[:, np.newaxis]
    return np.ascontiguousarray(values, values.dtype.newbyteorder("="))
