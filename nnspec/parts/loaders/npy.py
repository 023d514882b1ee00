"""npy: arrays in .npy files, inputs in one and targets in another.

    dataset:
      npy: {inputs: data/x.npy, targets: data/y.npy, test: 0.2}
    dataset:
      npy: {inputs: x.npy, targets: y.npy, test_inputs: x_test.npy, test_targets: y_test.npy}

inputs (samples, *shape);  targets (samples,) class numbers or words, (samples, classes) one-hot,
(samples, labels) of 1 and 0 for labels that hold, or floats (samples,) or (samples, outputs) to be predicted

Bytes stay bytes (grey images of (samples, height, width) get their channel), floats are kept as float32.
"""

from typing import Annotated

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import Field, Source, SourceFile, SplitName
from nnspec.parts.loaders._arrays import ArrayLoader, Pair, read_npy


class Npy(ArrayLoader):
    """Two files, and two more for each split that comes separately."""

    inputs: Annotated[str, Field(description="file of the inputs to train on")]
    targets: Annotated[str, Field(description="file of their targets")]
    validation_inputs: Annotated[str | None, Field(description="file of the inputs to choose by")] = None
    validation_targets: Annotated[str | None, Field(description="file of their targets")] = None
    test_inputs: Annotated[str | None, Field(description="file of the inputs to test with")] = None
    test_targets: Annotated[str | None, Field(description="file of their targets")] = None

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
                stored_inputs, inputs_file = read_npy(source.path(inputs))
                stored_targets, targets_file = read_npy(source.path(targets))
                pairs[name] = Pair(stored_inputs, stored_targets)
                files += [inputs_file, targets_file]
        return pairs, tuple(files)

    def _named(self) -> tuple[tuple[SplitName, str | None, str | None], ...]:
        return (
            ("train", self.inputs, self.targets),
            ("validation", self.validation_inputs, self.validation_targets),
            ("test", self.test_inputs, self.test_targets),
        )
