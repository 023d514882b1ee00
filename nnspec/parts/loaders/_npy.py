"""Reading .npy files, at once or as samples that stay there."""

from pathlib import Path

import numpy as np

from nnspec.extend import Content, SourceFile, Stretch, npy_header, parse_npy
from nnspec.parts.loaders._mapped import check_length
from nnspec.parts.loaders._targets import Stored

HEADER = 2**16
"""Bytes within which a .npy file's header ends."""


def read_npy(path: Path) -> tuple[Stored, SourceFile]:
    """The array of a .npy file.

    Raises:
        DataError: It is no such file, damaged, or holds Python objects.
    """
    with Content(path) as content:
        data = content.rest()
    return Stored(parse_npy(data, Stored(np.empty(0), path).error), path), content.file


def npy_stretch(path: Path) -> Stretch:
    """Where the samples of a .npy file lie, for them to stay there.

    Raises:
        DataError: It is no such file, is cut short, or holds what cannot stay.
    """
    where = Stored(np.empty(0), path)
    with Content(path) as content:
        if content.compressed:
            raise where.error(
                "is compressed, so that its inputs cannot stay there: decompress it, or say `in_memory: true`"
            )
        header = npy_header(content.read(HEADER), where.error)
    if header.fortran and len(header.shape) > 1:
        raise where.error(
            "is stored column by column, so that its inputs cannot stay there: save it as "
            "`numpy.ascontiguousarray(array)`, or say `in_memory: true`"
        )
    if not header.shape:
        raise where.error("is a single number, not samples")
    stretch = Stretch(path, header.start, header.shape[0], header.shape[1:], header.dtype)
    check_length(stretch)
    return stretch
