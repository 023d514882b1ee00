"""Reading .npy files: a magic string, a header that is a Python literal, then the numbers."""

import tokenize
import warnings
from io import BytesIO
from math import prod
from pathlib import Path

import numpy as np

from nnspec.extend import Array, Content, DType, Shape, SourceFile, Stretch
from nnspec.parts.loaders._mapped import check_length
from nnspec.parts.loaders._targets import Stored

ADMITTED = "biufUS"
"""Kinds of NumPy types that are read: numbers and text."""
HEADER = 2**16
"""Bytes within which a .npy file's header ends."""
HEADER_ERRORS = (
    ValueError,
    EOFError,
    SyntaxError,
    TypeError,
    RecursionError,
    MemoryError,
    tokenize.TokenError,
)
"""What NumPy raises on bytes that are no header: it parses headers as Python literals."""


def read_npy(path: Path) -> tuple[Stored, SourceFile]:
    """The array of a .npy file.

    Raises:
        DataError: It is no such file, damaged, or holds Python objects.
    """
    with Content(path) as content:
        data = content.rest()
    return Stored(parse_npy(data, Stored(np.empty(0), path)), path), content.file


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
        header = content.read(HEADER)
    dtype, shape, fortran, start = _npy_header(header, where)
    if fortran and len(shape) > 1:
        raise where.error(
            "is stored column by column, so that its inputs cannot stay there: save it as "
            "`numpy.ascontiguousarray(array)`, or say `in_memory: true`"
        )
    _check_header(dtype, shape, where)
    stretch = Stretch(path, start, shape[0], shape[1:], dtype)
    check_length(stretch)
    return stretch


def parse_npy(data: bytes | bytearray, where: Stored) -> Array:
    """The array of a .npy file's content, without a copy; nothing is allocated for what its header claims.

    Args:
        data: The content.
        where: Whose path and name errors carry.

    Raises:
        DataError: It is no such content, or holds Python objects.
    """
    dtype, shape, fortran, start = _npy_header(data, where)
    _check_header(dtype, shape, where)
    size = prod(shape) * dtype.itemsize
    if size != len(data) - start:
        raise where.error(
            f"declares shape {shape} of {dtype}, {size} bytes, but {len(data) - start} follow: it is cut short or "
            "damaged"
        )
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")


def _check_header(dtype: DType, shape: Shape, where: Stored) -> None:
    if dtype.hasobject:
        raise where.error("holds Python objects, which only pickle could read; save numbers or text instead")
    if dtype.kind not in ADMITTED or dtype.itemsize == 0:
        raise where.error(f"holds {dtype}; expected numbers or text")
    if any(length < 1 for length in shape):
        raise where.error(f"is empty: its shape is {shape}")


def _npy_header(data: bytes | bytearray, where: Stored) -> tuple[DType, tuple[int, ...], bool, int]:
    stream = BytesIO(data[:HEADER])
    try:
        with warnings.catch_warnings():
            # Headers that Python 2 wrote are read with a warning that a user can do nothing about.
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(stream)
    except HEADER_ERRORS as error:
        raise where.error("is no .npy data: its header does not read as one") from error
    return dtype, shape, fortran, stream.tell()
