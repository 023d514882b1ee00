"""Arrays in .npy and .npz files: a magic string, a header that is a Python literal, then the numbers.

NumPy's own reader makes room for whatever a header declares. Here the bytes come first, and the array is a
view of them.
"""

import mmap
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path

import numpy as np

from nnspec.errors import DataError
from nnspec.files.bounds import LIMIT, unpacked_limit
from nnspec.types import Array, DType, Shape

Buffer = bytes | bytearray | mmap.mmap
Refusal = Callable[[str], DataError]
"""Makes the error that says of which array something is wrong."""

ADMITTED = "biufUS"
"""Kinds of NumPy types that are read: numbers and text."""
HEADER = 2**16
"""Bytes within which a header ends."""
MOST_AXES = 64
LAST_CHARACTER = 0x10FFFF
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What NumPy writes; other methods may ask for a dictionary of gigabytes before the first byte comes out."""
ARCHIVE_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
"""What Python raises on archives that are damaged or encrypted."""


@dataclass(frozen=True)
class Header:
    """What a .npy file says of itself.

    Attributes:
        dtype: Type of its numbers.
        shape: Its shape.
        fortran: Whether it lies column by column.
        start: Where the numbers begin, in bytes.
    """

    dtype: DType
    shape: Shape
    fortran: bool
    start: int


def npy_header(data: Buffer, refusal: Refusal, *, least: int = 1) -> Header:
    """The header of a .npy file's content.

    Args:
        data: The content, or its beginning.
        refusal: Makes errors.
        least: How many rows there must be.

    Raises:
        DataError: It is no such content, is empty, or holds Python objects.
    """
    header = _parsed(data[:HEADER], refusal)
    dtype, shape = header.dtype, header.shape
    if dtype.hasobject:
        raise refusal("holds Python objects, which only pickle could read; save numbers or text instead")
    if dtype.kind not in ADMITTED or dtype.itemsize == 0:
        raise refusal(f"holds {dtype}; expected numbers or text")
    if len(shape) > MOST_AXES:
        raise refusal(f"has {len(shape)} axes; NumPy knows {MOST_AXES} at most")
    if shape and (shape[0] < least or min(shape[1:], default=1) < 1):
        raise refusal(f"is empty: its shape is {shape}")
    return header


def parse_npy(data: Buffer, refusal: Refusal, *, least: int = 1) -> Array:
    """The array of a .npy file's content, without a copy; nothing is allocated for what its header claims.

    Args:
        data: The content.
        refusal: Makes errors.
        least: How many rows there must be.

    Raises:
        DataError: It is no such content, or holds Python objects.
    """
    header = npy_header(data, refusal, least=least)
    size, found = prod(header.shape) * header.dtype.itemsize, len(data) - header.start
    if size == 0 and prod(header.shape[1:]) > LIMIT:
        # No bytes have to follow where there are no rows, however long each of them is said to be.
        raise refusal(f"declares rows of shape {header.shape[1:]}: it is damaged")
    if size != found:
        raise refusal(
            f"declares shape {header.shape} of {header.dtype}, {size} bytes, but {found} follow: it is cut short "
            "or damaged"
        )
    flat = np.frombuffer(data, header.dtype, offset=header.start)
    if not is_text(flat):
        raise refusal("holds text of characters that there are not: it is damaged")
    return flat.reshape(header.shape, order="F" if header.fortran else "C")


def is_text(array: Array) -> bool:
    """Whether all characters of an array are such, which goes without saying where it holds none."""
    if array.dtype.kind != "U":
        return True
    codes = np.frombuffer(array, f"{array.dtype.byteorder}u4")
    # Python itself fails on those beyond; surrogates are halves, which no file and no terminal takes.
    return not ((codes > LAST_CHARACTER) | ((codes >= 0xD800) & (codes < 0xE000))).any()


def map_npy(path: Path) -> Array:
    """The array of a .npy file, left where it lies until its numbers are looked at.

    Raises:
        DataError: It is no such file, is damaged, or holds Python objects.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DataError(f"is no .npy file, or cannot be read: {error}", path) from error
    return parse_npy(data, lambda message: DataError(message, path))


class Archive:
    """A .npz file: arrays by name, of which only those that are asked for are unpacked.

    Attributes:
        path: The file.
        names: Names of its arrays.
    """

    def __init__(self, data: bytes | bytearray, path: Path) -> None:
        """Opens an archive.

        Args:
            data: The file's content.
            path: The file, for messages.

        Raises:
            DataError: It is none, or damaged.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except ARCHIVE_DAMAGE as error:
            raise DataError(f"is no .npz file, or is cut short ({error})", path) from error
        self.names = [name.removesuffix(".npy") for name in self._zip.namelist() if name.endswith(".npy")]
        # One budget for all: many small bombs are one large one.
        self._left = max(len(data), unpacked_limit(len(data)))

    def array(self, name: str, *, least: int = 1) -> Array:
        """The array of this name.

        Args:
            name: Its name.
            least: How many rows it must have.

        Raises:
            DataError: There is none, it is damaged, unpacks to too much, or holds Python objects.
        """
        if name not in self.names:
            raise DataError(f"has no array `{name}`; there are {', '.join(self.names)}", self.path)
        member = self._zip.getinfo(f"{name}.npy")
        if member.compress_type not in METHODS:
            raise self._refusal(name, "is compressed in a way that NumPy does not write")
        # zipfile never yields more than this declared size, so checking it bounds the memory.
        self._left -= member.file_size
        if self._left < 0:
            raise self._refusal(
                name,
                f"decompresses to {member.file_size} bytes, far more than such an archive should hold; if that is "
                "really meant, store it with `numpy.savez`, not `savez_compressed`",
            )
        try:
            data = self._zip.read(member)
        except ARCHIVE_DAMAGE as error:
            raise self._refusal(name, f"cannot be unpacked ({error})") from error
        return parse_npy(data, lambda message: self._refusal(name, message), least=least)

    def _refusal(self, name: str, message: str) -> DataError:
        return DataError(f"`{name}` {message}", self.path)


def _parsed(data: bytes | bytearray, refusal: Refusal) -> Header:
    # Only where arrays come from .npy files are these needed.
    import tokenize
    import warnings

    stream = BytesIO(data)
    try:
        with warnings.catch_warnings():
            # Headers that Python 2 wrote are read with a warning that a user can do nothing about.
            warnings.simplefilter("ignore")
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(stream)
    except (
        ValueError,
        EOFError,
        SyntaxError,
        TypeError,
        RecursionError,
        MemoryError,
        OverflowError,
        tokenize.TokenError,
    ) as error:
        # NumPy parses headers as Python literals.
        raise refusal("is no .npy data: its header does not read as one") from error
    return Header(dtype, shape, fortran, stream.tell())
