"""Files that a verb writes because its user asked for them."""

from pathlib import Path

from nnspec.errors import UsageError


def write_file(path: Path, content: bytes) -> None:
    """Writes a file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}; name another place") from error
