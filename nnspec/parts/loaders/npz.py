"""npz: arrays in one .npz file.

    dataset:
      npz: data/digits.npz
    dataset:
      npz: {path: data/points.npz, inputs: points, targets: colours, test: 0.2}

inputs (samples, *shape);  targets (samples,) class numbers or words, (samples, classes) one-hot,
(samples, labels) of 1 and 0 for labels that hold, or floats (samples,) or (samples, outputs) to be predicted

Without names, the usual ones are looked for: `inputs` and `targets`, `x` and `y`, `X` and `y`, `x_train` and
`y_train`, `images` and `labels`, `data` and `target`; for further splits the same with `_test` and `_val`, or
with `test_` and `validation_` before them.
"""

from typing import Annotated, ClassVar

from nnspec.extend import Archive, Content, DataError, Field, Source, SourceFile, SplitName
from nnspec.parts.loaders._arrays import ArrayLoader, Pair
from nnspec.parts.loaders._naming import usual_names
from nnspec.parts.loaders._targets import Stored


class Npz(ArrayLoader):
    """Arrays by name; only those that are used are read."""

    primary: ClassVar[str | None] = "path"

    path: Annotated[str, Field(description="the file")]
    inputs: Annotated[str | None, Field(description="name of the inputs to train on")] = None
    targets: Annotated[str | None, Field(description="name of their targets")] = None
    validation_inputs: Annotated[str | None, Field(description="name of the inputs to choose by")] = None
    validation_targets: Annotated[str | None, Field(description="name of their targets")] = None
    test_inputs: Annotated[str | None, Field(description="name of the inputs to test with")] = None
    test_targets: Annotated[str | None, Field(description="name of their targets")] = None

    def pairs(self, source: Source) -> tuple[dict[SplitName, Pair], tuple[SourceFile, ...]]:
        with Content(source.path(self.path)) as content:
            data = content.rest()
        archive = Archive(data, content.path)
        pairs: dict[SplitName, Pair] = {}
        names: dict[SplitName, tuple[str | None, str | None]] = {
            "train": (self.inputs, self.targets),
            "validation": (self.validation_inputs, self.validation_targets),
            "test": (self.test_inputs, self.test_targets),
        }
        for name, (inputs, targets) in names.items():
            named = _named(archive, name, inputs, targets)
            if named is not None:
                pairs[name] = Pair(_stored(archive, named[0]), _stored(archive, named[1]))
        return pairs, (content.file,)


def _named(archive: Archive, split: SplitName, inputs: str | None, targets: str | None) -> tuple[str, str] | None:
    """Names of the arrays of a split, as the spec or custom has them; None for a split that is not there."""
    if inputs is not None and targets is not None:
        return inputs, targets
    if inputs is None and targets is None:
        found = usual_names(split, archive.names)
        if found is not None or split != "train":
            return found
    raise DataError(
        f"which arrays are the {split} split? Name both its inputs and its targets; there are "
        f"{', '.join(archive.names)}",
        archive.path,
    )


def _stored(archive: Archive, name: str) -> Stored:
    return Stored(archive.array(name), archive.path, name)
