"""npy: arrays in .npy files, inputs in one and targets in another.

    dataset:
      npy: {inputs: data/x.npy, targets: data/y.npy, test: 0.2}
    dataset:
      npy: {inputs: x.npy, targets: y.npy, test_inputs: x_test.npy, test_targets: y_test.npy}

    dataset:
      npy: {inputs: "parts/x-*.npy", targets: "parts/y-*.npy", in_memory: false, validation: 10000}

inputs (samples, *shape);  targets (samples,) class numbers or words, (samples, classes) one-hot,
(samples, labels) of 1 and 0 for labels that hold, or floats (samples,) or (samples, outputs) to be predicted

Bytes stay bytes (grey images of (samples, height, width) get their channel), floats are kept as float32.
A pattern stands for all files that fit it, in the order of their names. Inputs that stay in their files are read
batch by batch: an epoch meets stretches of 1 MB in an order of chance and mixes the samples of 64 MB at a time;
`validation` and `test` then set the last samples aside, and whether all numbers are finite shows in training.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import DataError, Field, Source, SourceFile, SplitName
from nnspec.parts.loaders._arrays import ArrayLoader, Pair
from nnspec.parts.loaders._mapped import InMemory, mapped, stays
from nnspec.parts.loaders._npy import npy_stretch, read_npy
from nnspec.parts.loaders._targets import Stored


class Npy(ArrayLoader):
    """Two files, and two more for each split that comes separately; or patterns, for several files in a row."""

    inputs: Annotated[str, Field(description="file of the inputs to train on, or a pattern for several")]
    targets: Annotated[str, Field(description="file of their targets, or a pattern for as many")]
    validation_inputs: Annotated[str | None, Field(description="file of the inputs to choose by")] = None
    validation_targets: Annotated[str | None, Field(description="file of their targets")] = None
    test_inputs: Annotated[str | None, Field(description="file of the inputs to test with")] = None
    test_targets: Annotated[str | None, Field(description="file of their targets")] = None
    in_memory: InMemory = None

    @model_validator(mode="after")
    def _paired(self) -> "Npy":
        for name, inputs, targets in self._named():
            if (inputs is None) != (targets is None):
                raise PydanticCustomError("pair", f"give both `{name}_inputs` and `{name}_targets`, or neither")
        return self

    def pairs(self, source: Source) -> tuple[dict[SplitName, Pair], tuple[SourceFile, ...]]:
        pairs: dict[SplitName, Pair] = {}
        files: list[SourceFile] = []
        for name, inputs, targets in self._named():
            if inputs is not None and targets is not None:
                stored_inputs, inputs_files = self._inputs(matching(source, inputs))
                stored_targets, targets_files = read_all(matching(source, targets))
                pairs[name] = Pair(stored_inputs, stored_targets)
                files += [*inputs_files, *targets_files]
        return pairs, tuple(files)

    def _inputs(self, paths: list[Path]) -> tuple[Stored, tuple[SourceFile, ...]]:
        if stays(paths, self.in_memory):
            return mapped([npy_stretch(path) for path in paths])
        return read_all(paths)

    def _named(self) -> tuple[tuple[SplitName, str | None, str | None], ...]:
        return (
            ("train", self.inputs, self.targets),
            ("validation", self.validation_inputs, self.validation_targets),
            ("test", self.test_inputs, self.test_targets),
        )


def matching(source: Source, pattern: str) -> list[Path]:
    """The files that a pattern stands for, by name; a name without `*`, `?` or `[` stands for itself.

    Raises:
        DataError: There are none.
    """
    if not any(sign in pattern for sign in "*?["):
        return [source.path(pattern)]
    folder, _, names = pattern.rpartition("/")
    found = sorted(source.path(folder or ".").glob(names))
    if not found:
        raise DataError(f"`{pattern}`: no file in {source.path(folder or '.')} fits this pattern")
    return found


def read_all(paths: list[Path]) -> tuple[Stored, tuple[SourceFile, ...]]:
    """The arrays of several files, one behind the other.

    Raises:
        DataError: One is damaged, or its samples differ from those of the first.
    """
    stored, files = zip(*(read_npy(path) for path in paths), strict=True)
    first = stored[0]
    for other in stored:
        if (other.values.shape[1:], other.values.dtype) != (first.values.shape[1:], first.values.dtype):
            raise other.error(
                f"holds samples of {other.values.dtype} and shape {other.values.shape[1:]}, but {first.path.name} "
                f"has {first.values.dtype} and {first.values.shape[1:]}: files of one split must be alike"
            )
    values = first.values if len(stored) == 1 else np.concatenate([each.values for each in stored])
    return Stored(values, first.path), files
