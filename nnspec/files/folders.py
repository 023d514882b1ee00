"""Folders that others filled: their links are not followed out of them."""

from collections.abc import Iterable
from pathlib import Path

from nnspec.errors import RunFolderError


def check_inside(folder: Path, names: Iterable[str]) -> None:
    """Makes sure that files, where they are there, are ordinary ones that lie in a folder or below it.

    A run folder may have come in an archive from anywhere, with a link for a file: reading it would show what it
    leads to, and writing would go there. A device or a pipe would never end.

    Args:
        folder: The folder. How one comes to it is its user's own affair: it may be named by a link.
        names: Names of files and folders in it.

    Raises:
        RunFolderError: One leads elsewhere, or is neither a file nor a folder.
    """
    home = folder.resolve()
    for name in names:
        path = folder / name
        try:
            target = path.resolve()
        except (OSError, RuntimeError):
            raise RunFolderError(f"{path}: is a link that leads round in a circle; remove it", folder) from None
        if not target.is_relative_to(home):
            raise RunFolderError(
                f"{path}: is a link out of the run folder, to {target}, and is not followed; if it is your own, "
                "put what it leads to in its place",
                folder,
            )
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise RunFolderError(f"{path}: is no ordinary file; remove it", folder)
