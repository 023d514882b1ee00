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

import zipfile
import zlib
from io import BytesIO
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import LIMIT, Content, DataError, Field, Source, SourceFile, SplitName
from nnspec.parts.loaders._arrays import ArrayLoader, Pair
from nnspec.parts.loaders._naming import usual_names
from nnspec.parts.loaders._npy import parse_npy
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
        archive = _Archive(data, content)
        pairs: dict[SplitName, Pair] = {}
        names: dict[SplitName, tuple[str | None, str | None]] = {
            "train": (self.inputs, self.targets),
            "validation": (self.validation_inputs, self.validation_targets),
            "test": (self.test_inputs, self.test_targets),
        }
        for name, (inputs, targets) in names.items():
            named = archive.named(name, inputs, targets)
            if named is not None:
                pairs[name] = Pair(archive.array(named[0]), archive.array(named[1]))
        return pairs, (content.file,)


class _Archive:
    def __init__(self, data: bytearray, content: Content) -> None:
        self.path = content.path
        try:
            self.zip = zipfile.ZipFile(BytesIO(data))
        except zipfile.BadZipFile as error:
            raise DataError(f"is no .npz file, or is cut short ({error})", self.path) from error
        self.names = [name.removesuffix(".npy") for name in self.zip.namelist() if name.endswith(".npy")]

    def named(self, split: SplitName, inputs: str | None, targets: str | None) -> tuple[str, str] | None:
        """Names of the arrays of a split, as the spec or custom has them; None for a split that is not there."""
        if inputs is not None and targets is not None:
            return inputs, targets
        if inputs is None and targets is None:
            found = usual_names(split, self.names)
            if found is not None or split != "train":
                return found
        raise DataError(
            f"which arrays are the {split} split? Name both its inputs and its targets; there are "
            f"{', '.join(self.names)}",
            self.path,
        )

    def array(self, name: str) -> Stored:
        stored = Stored(np.empty(0), self.path, name)
        if name not in self.names:
            raise DataError(f"has no array `{name}`; there are {', '.join(self.names)}", self.path)
        member = self.zip.getinfo(f"{name}.npy")
        # zipfile never yields more than this declared size, so checking it bounds the memory.
        if member.file_size > LIMIT:
            raise stored.error(f"decompresses to more than {LIMIT} bytes, which is refused")
        try:
            data = self.zip.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise stored.error(f"cannot be unpacked ({error})") from error
        return Stored(parse_npy(data, stored), self.path, name)
