"""Loader: reads or makes a data set, in splits, with its class names and the hashes of what was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Protocol, cast

from pydantic_core import PydanticCustomError

from nnspec.contracts.part import Part, decided_by
from nnspec.types import Array, Random, Shape

SplitName = Literal["train", "validation", "test"]


def _share(value: object) -> int | float:
    # One validator instead of a union, so that a problem keeps the option's own location.
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if whole or (isinstance(value, float) and 0 < value < 1):
        return cast(int | float, value)
    raise PydanticCustomError("share", "expected a number of samples, or a share of them between 0 and 1")


Share = Annotated[int | float, decided_by(_share)]
"""Samples set aside: a count (``10000``), or a share of all (``0.2``). ``0`` for none."""


@dataclass(frozen=True)
class Split:
    """Samples along the first axis.

    Attributes:
        inputs: (samples, *shape), in the type they were stored in: uint8 stays uint8. Or `Rows`, which stay in
            files and answer as an array does where samples are asked for.
        targets: (samples,) of whole numbers from 0 where the data has classes, else (samples, *shape) floats.
    """

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class SourceFile:
    """A file that was read.

    Attributes:
        name: Its name as a reader knows it, without the machine's folders.
        sha256: SHA-256 of its uncompressed content; of a file that stays on disk, of its length and of samples.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """What a loader yields.

    Attributes:
        train: The samples to learn from.
        validation: Samples set aside to choose by, if any.
        test: Samples set aside to judge by, if any.
        classes: Names of the classes in the order of their numbers; None where targets are no classes.
        files: What was read, with hashes; empty for data that is made.
        features: Names of the inputs, where they have any.
        outcomes: Names of what is to be answered where that is no class, one a target, if they have any.
    """

    train: Split
    validation: Split | None = None
    test: Split | None = None
    classes: tuple[str, ...] | None = None
    files: tuple[SourceFile, ...] = ()
    features: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    @property
    def splits(self) -> dict[SplitName, Split]:
        """The splits there are, by name."""
        named: dict[SplitName, Split | None] = {
            "train": self.train,
            "validation": self.validation,
            "test": self.test,
        }
        return {name: split for name, split in named.items() if split is not None}


@dataclass(frozen=True)
class Outline:
    """What is known of a data set before it is read; None where only the data can tell.

    Attributes:
        shape: Shape of one sample.
        classes: Number of classes.
        names: Names of the classes.
    """

    shape: Shape | None = None
    classes: int | None = None
    names: tuple[str, ...] | None = None


@dataclass(frozen=True)
class RemoteFile:
    """A public file that can be downloaded.

    Attributes:
        name: File name, the same on every mirror: ``train-images-idx3-ubyte.gz``.
        content_sha256: SHA-256 of its uncompressed content, by which it is known wherever it comes from.
        mirrors: Base addresses, tried in order, each ending in a slash.
        length: Bytes of its uncompressed content, where known.
    """

    name: str
    content_sha256: str
    mirrors: tuple[str, ...]
    length: int | None = None


class Source(Protocol):
    """Where a loader gets its files and its chance from.

    Attributes:
        random: The data set's own generator, a child of the spec's seed.
    """

    random: Random

    def path(self, path: str) -> Path:
        """A file or folder that a spec names.

        Relative paths are sought from the spec's folder, from here, and from ``$NNSPEC_DATA``, in this order.

        Raises:
            DataError: There is none; the message says where it was sought.
        """

    def files(self, folder: str, remote: Sequence[RemoteFile], root: str | None) -> list[Path]:
        """Local copies of public files.

        Sought in ``root``, ``$NNSPEC_DATA``, ``datasets/`` beside or above the spec, system folders, the user's
        cache, and at last on mirrors, in this order.

        Args:
            folder: Name of the folder that holds them: ``mnist``.
            remote: What is wanted.
            root: The folder that the spec itself names, if any; then nowhere else is sought.

        Raises:
            DataError: They are nowhere, and downloading is off or fails; the message says what to do.
        """


class Loader(Part):
    """Yields a data set. Options of its own say which; how much is set aside is an option of most."""

    kinds: ClassVar[tuple[str, ...]] = ("loaders",)
    folder: ClassVar[str | None] = None
    """Folder under ``datasets/`` that holds the public files, for loaders of public data."""
    remote: ClassVar[tuple[RemoteFile, ...]] = ()
    """The public files, for loaders of public data."""
    licence: ClassVar[str] = ""
    """Licence and owners of the public files, for loaders of public data."""
    made: ClassVar[bool] = False
    """Whether the data is drawn by a formula, so that there are no files at all."""

    def outline(self) -> Outline:
        """What is known before anything is read."""
        return Outline()

    def load(self, source: Source) -> Dataset:
        """Reads or makes the data.

        Raises:
            DataError: It is missing, damaged, or not what it is said to be.
        """
        raise NotImplementedError
