"""Inputs that stay in their files: which do, and what must be known of such a file before it is read."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, cast

from nnspec.extend import Array, Content, DataError, Field, Rows, SourceFile, Stretch, size
from nnspec.parts.loaders._targets import Stored

READ_AT_ONCE = 2**29
"""Bytes up to which inputs are read at once where the spec does not say."""
CHANNELS = (1, 3, 4)

InMemory = Annotated[
    bool | None,
    Field(
        description="read inputs at once (true), or leave them in their files and read them batch by batch "
        "(false); by default files of up to 512 MB in all are read at once"
    ),
]


def stays(paths: Sequence[Path], in_memory: bool | None) -> bool:  # noqa: FBT001  an option, handed through
    """Whether the inputs in these files stay there."""
    if in_memory is not None:
        return not in_memory
    if sum(path.stat().st_size for path in paths) <= READ_AT_ONCE:
        return False
    return not any(_compressed(path) for path in paths)


def _compressed(path: Path) -> bool:
    with Content(path) as content:
        return content.compressed


def mapped(stretches: Sequence[Stretch]) -> tuple[Stored, tuple[SourceFile, ...]]:
    """The samples of files as one array that stays there; images as `as_inputs` in `_arrays` has them.

    Raises:
        DataError: They are no numbers, or differ from file to file.
    """
    first = stretches[0]
    for stretch in stretches:
        if stretch.dtype.kind not in "biuf":
            raise DataError(f"holds {stretch.dtype} where numbers were expected", stretch.path)
        if (stretch.shape, stretch.dtype) != (first.shape, first.dtype):
            raise DataError(
                f"holds samples of {stretch.dtype} and shape {stretch.shape}, but {first.path.name} has "
                f"{first.dtype} and {first.shape}: files of one split must be alike",
                stretch.path,
            )
    shape, pixels = first.shape, first.dtype == "u1"
    turned = pixels and len(shape) == 3 and shape[0] not in CHANNELS and shape[-1] in CHANNELS
    if not shape or (pixels and len(shape) == 2):
        # Single numbers become rows of one, grey images get their channel.
        stretches = [replace(stretch, shape=(1, *shape)) for stretch in stretches]
    rows = Rows(stretches, channels_last=turned)
    return Stored(cast(Array, rows), first.path), tuple(stretch.file() for stretch in stretches)


def check_length(stretch: Stretch) -> None:
    """Holds the length of a file against what its header declares.

    Raises:
        DataError: It is cut short, or has more.
    """
    declared = stretch.samples * size(stretch.shape) * stretch.dtype.itemsize
    found = stretch.path.stat().st_size - stretch.start
    if found != declared:
        raise DataError(
            f"declares {stretch.samples} samples of shape {stretch.shape} and {stretch.dtype}, {declared} bytes, "
            f"but {found} follow: it is cut short or damaged",
            stretch.path,
        )
