"""The system's locks on folders: they leave no file behind and end with the process, however that ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Within it, nobody else who asks for the folder has it.

    Args:
        folder: A folder that exists.
        wait: Whether to wait until it is free.

    Yields:
        Whether the system knows locks here; where it does not, everybody who asks has the folder.

    Raises:
        BlockingIOError: Somebody else has it, and there is to be no waiting.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            locked = True
        except BlockingIOError:
            raise
        except OSError:
            # Some network file systems know none.
            locked = False
        yield locked
    finally:
        os.close(descriptor)
