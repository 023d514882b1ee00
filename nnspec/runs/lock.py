"""One process at a time in a run folder."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nnspec.errors import RunFolderError
from nnspec.files.locks import exclusive


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Within it, no other run is at work in the folder.

    Raises:
        RunFolderError: Another run is at work there.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(folder, wait=False))
        except BlockingIOError:
            raise RunFolderError(
                f"{folder}: another run is at work in this folder; wait until it ends, or name another with -o",
                folder,
            ) from None
        yield
