"""Writes that are whole or not there at all, whenever the machine stops.

A file is written under a temporary name, synced, renamed, and its folder synced. Nothing is written through a
symbolic link: a folder from a stranger cannot direct it elsewhere.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nnspec.errors import StorageError

TEMPORARY = ".tmp"
"""What a file's name ends in until it is whole."""

_UNLINKED = getattr(os, "O_NOFOLLOW", 0)


def write(path: Path, content: bytes) -> None:
    """Puts a file in place, or in the place of another.

    Raises:
        StorageError: It cannot be written; what was there is still there.
    """
    with _attempted(path):
        _stage(path, content).replace(path)
        _sync_folder(path.parent)


def rotate(path: Path, former: Path, content: bytes) -> None:
    """Puts a file in place; the one that was there goes on under another name.

    Raises:
        StorageError: It cannot be written; what was there is still there.
    """
    with _attempted(path):
        staged = _stage(path, content)
        if path.exists():
            _name_also(path, former)
        staged.replace(path)
        _sync_folder(path.parent)


def append(path: Path, content: bytes) -> None:
    """Adds to the end of a file, which may come into being by it. `sync` makes it last.

    Raises:
        StorageError: It cannot be written, or not all of it.
    """
    with _attempted(path):
        _write(path, os.O_APPEND, content)


def sync(path: Path) -> None:
    """Waits until all of a file's content would survive a loss of power, if there is such a file.

    Raises:
        StorageError: It cannot be had.
    """
    with _attempted(path), suppress(FileNotFoundError):
        _sync(path)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it, as far as they are missing.

    Raises:
        StorageError: One cannot be made.
    """
    try:
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                folder.mkdir(exist_ok=True)
                _sync_folder(folder.parent)
    except OSError as error:
        raise StorageError(f"{path}: cannot be made: {error.strerror or error}", path) from error


def remove(paths: Iterable[Path]) -> None:
    """Takes files away, one after the other.

    Raises:
        StorageError: One cannot be taken away.
    """
    folders = set()
    for path in paths:
        with _attempted(path):
            path.unlink(missing_ok=True)
            folders.add(path.parent)
    for folder in folders:
        with _attempted(folder):
            _sync_folder(folder)


@contextmanager
def _attempted(path: Path) -> Iterator[None]:
    """Whatever goes wrong, no temporary file stays behind."""
    try:
        yield
    except BaseException as error:
        with suppress(OSError):
            _temporary(path).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageError(f"{path}: cannot be written: {error.strerror or error}", path) from error
        raise


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + TEMPORARY)


def _stage(path: Path, content: bytes) -> Path:
    """The content in a file of a temporary name, synced."""
    temporary = _temporary(path)
    _write(temporary, os.O_TRUNC, content, synced=True)
    return temporary


def _name_also(path: Path, other: Path) -> None:
    """Gives a file a second name, so that at no moment it has none; where there are no links, only that one."""
    temporary = _temporary(other)
    with suppress(OSError):
        temporary.unlink(missing_ok=True)
        os.link(path, temporary)
        temporary.replace(other)
        return
    path.replace(other)


def _write(path: Path, mode: int, content: bytes, *, synced: bool = False) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | mode | _UNLINKED, 0o666)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        if synced:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    # Windows opens no folders; there a rename is as durable as it gets.
    if os.name == "posix":
        _sync(folder)
