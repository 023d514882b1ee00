"""One process at a time in a run folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnspec.errors import RunFolderError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within it, no other run is at work in the folder.

    The system's lock on the folder itself: it leaves no file behind and ends with the process, however that ends.

    Raises:
        RunFolderError: Another run is at work there.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFolderError(
                f"{folder}: another run is at work in this folder; wait until it ends, or name another with -o",
                folder,
            ) from None
        except OSError:
            # Some network file systems know no locks: then there is none, as there would be without this.
            pass
        yield
    finally:
        os.close(descriptor)
