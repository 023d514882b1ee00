"""Content: what a file holds once decompressed, read within bounds and hashed on the way."""

import gzip
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from nnspec.contracts.loader import SourceFile
from nnspec.errors import DataError
from nnspec.files.bounds import LIMIT, unpacked_limit

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 2**20


class Content:
    """Reads a file from front to back; one pass both reads and hashes.

    Gzip is recognized by the file's first bytes, not by its name, since browsers and servers unpack files and
    leave the name as it was. Memory grows with what the file really holds, never with what it claims::

        with Content(path) as content:
            header = content.read(16)
            pixels = content.read(count)
            files = (content.file,)

    Attributes:
        path: The file.
        compressed: Whether it is stored gzipped.
        length: Bytes of content read so far.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        """Opens the file.

        Raises:
            DataError: It cannot be opened, or is no file.
        """
        self.path = path
        self.length = 0
        # Not at the top: it brings OpenSSL in, and `nnspec.extend` leads here.
        import hashlib

        self._hash = hashlib.sha256()
        try:
            # Devices and pipes have no end and cannot be looked at twice.
            if not path.is_file():
                raise DataError("is a folder" if path.is_dir() else "there is no such file", path)
            self._file = path.open("rb")
        except OSError as error:
            raise DataError(f"cannot be opened: {error.strerror}", path) from error
        self.compressed = self._file.read(2) == GZIP_MAGIC
        self._file.seek(0)
        self._limit = min(limit, unpacked_limit(path.stat().st_size))
        self._stream = cast(BinaryIO, gzip.GzipFile(fileobj=self._file)) if self.compressed else self._file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._file.close()

    def read(self, count: int) -> bytearray:
        """The next ``count`` bytes; fewer only where the content ends.

        Raises:
            DataError: The file is damaged, cut short, or decompresses to more than the limit.
        """
        data = bytearray()
        while len(data) < count and (chunk := self._chunk(min(CHUNK, count - len(data)))):
            data += chunk
        return data

    def rest(self) -> bytearray:
        """All that is left; raises as `read` does."""
        data = bytearray()
        while chunk := self._chunk(CHUNK):
            data += chunk
        return data

    def skip(self) -> None:
        """Reads to the end for the sake of the hash alone; raises as `read` does."""
        while self._chunk(CHUNK):
            pass

    @property
    def sha256(self) -> str:
        """SHA-256 of what has been read so far."""
        return self._hash.hexdigest()

    @property
    def file(self) -> SourceFile:
        """Name and hash of what has been read, as a `Dataset` lists it: the same for a file gzipped or plain."""
        return SourceFile(self.path.name.removesuffix(".gz"), self.sha256)

    def check(self, expected: str) -> None:
        """Compares the hash of what has been read.

        Raises:
            DataError: It is not the one expected.
        """
        if self.sha256 != expected:
            raise DataError(
                f"is not the public file of this name: expected content with sha256 {expected}, got "
                f"{self.sha256}; remove it, so that the right one is found or downloaded",
                self.path,
            )

    def _chunk(self, count: int) -> bytes:
        try:
            chunk = self._stream.read(count)
        except EOFError as error:
            raise DataError(f"gzip data is cut short after {self.length} bytes of content", self.path) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"gzip data is damaged ({error})", self.path) from error
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", self.path) from error
        self.length += len(chunk)
        if self.compressed and self.length > self._limit:
            raise DataError(
                f"decompresses to more than {self._limit} bytes, which is refused; if that is really meant, "
                "store it decompressed",
                self.path,
            )
        self._hash.update(chunk)
        return chunk
