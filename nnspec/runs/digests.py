"""The files that a run leaves, each with its SHA-256: recorded when it ends, compared when it is verified."""

from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from nnspec.runs.folder import CHECKPOINTS, EVIDENCE, METRICS, OWN_CHECKPOINTS, SPEC


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that training leaves in a folder, by its path within.

    Not of run.json, which holds them, nor of pages, which are made of the others and can be made again.
    """
    return {path.relative_to(folder).as_posix(): digest(path) for path in _left(folder)}


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def checkpoints(folder: Path) -> list[Path]:
    """The files of a run's checkpoints, by name."""
    found = (folder / CHECKPOINTS).glob("*.safetensors")
    return sorted(path for path in found if OWN_CHECKPOINTS.fullmatch(path.name) and path.is_file())


def _left(folder: Path) -> Iterator[Path]:
    for name in (SPEC, METRICS, EVIDENCE):
        if (folder / name).is_file():
            yield folder / name
    yield from checkpoints(folder)
