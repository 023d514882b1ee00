"""The run folder: what lies in it, and who may write there."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.errors import RunFolderError
from nnspec.files.documents import read
from nnspec.files.folders import check_inside
from nnspec.runs import durable

SPEC, FACTS, METRICS, EVIDENCE = "spec.yaml", "run.json", "metrics.jsonl", "evidence.npz"
CHECKPOINTS = "checkpoints"
REPORTS = ("report.html", "report.md")
OWN_CHECKPOINTS = re.compile(r"(last|previous|best|epoch-\d+(-step-\d+)?)\.safetensors(\.tmp)?")
"""Names of the files in the folder of checkpoints that belong to a run."""


class RunFolder:
    """A folder that holds one run.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The folder of a run that exists.

        Raises:
            RunFolderError: There is none there, or a file of it is a link that leads out of it.
        """
        if not path.is_dir():
            raise RunFolderError(f"{path}: there is no such run folder; `nnspec run SPEC` makes one", path)
        if not (path / FACTS).is_file() or not (path / SPEC).is_file():
            raise RunFolderError(
                f"{path}: this is not a run folder: it has no {FACTS} and {SPEC}; name the folder that "
                "`nnspec run` printed",
                path,
            )
        names = [file.relative_to(path).as_posix() for file in _own(path)]
        check_inside(path, (CHECKPOINTS, *names, *(fold.name for fold in path.glob("fold-*"))))
        return cls(path)

    @classmethod
    def vacant(cls, path: Path, *, force: bool) -> "RunFolder":
        """A folder that a new run may take; nothing is written yet.

        Args:
            path: Where the run shall go.
            force: Whether a run that lies there may be replaced; files beside it stay.

        Raises:
            RunFolderError: Something is there that may not be replaced, or the place cannot be written.
        """
        if path.exists():
            _check_replaceable(path, force=force)
        ancestor = path
        while not ancestor.exists():
            ancestor = ancestor.parent
        if not ancestor.is_dir() or not os.access(ancestor, os.W_OK | os.X_OK):
            raise RunFolderError(f"{path}: {ancestor} cannot be written to; name another place with -o", path)
        return cls(path)

    def make(self) -> None:
        """Makes the folder itself.

        Raises:
            StorageError: It cannot be made.
        """
        durable.make_folder(self.path)

    def create(self) -> None:
        """Makes the folder ready for a run; of a run that lay there, and of nothing else, the files are removed.

        Raises:
            StorageError: It cannot be made.
        """
        # What makes the folder a run's goes last: stopped in between, it can still be replaced.
        durable.remove(sorted(_own(self.path), key=lambda path: path.name == FACTS))
        durable.make_folder(self.path / CHECKPOINTS)
        # There from the beginning: a file's content may be synced, and its name lost with the power.
        durable.write(self.path / METRICS, b"")

    def write(self, name: str, content: bytes) -> None:
        """Writes a file so that it is there whole, or not at all, whenever the machine stops.

        Raises:
            StorageError: It cannot be written.
        """
        durable.write(self.path / name, content)

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Writes run.json."""
        self.write(FACTS, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())

    def facts(self) -> dict[str, Any]:
        """What run.json says.

        Raises:
            RunFolderError: It is damaged.
        """
        try:
            # Not at the top: checks of specs ask folders for names alone, and models take a while to build.
            from nnspec.runs.recorded import check_facts

            return check_facts(read(self.path / FACTS))
        except ValueError as error:
            raise RunFolderError(f"{self.path / FACTS}: damaged: {error}", self.path) from error

    def append_metrics(self, line: Mapping[str, Any]) -> None:
        """Adds a line to metrics.jsonl; `sync_metrics` makes it last.

        Raises:
            StorageError: It cannot be written.
        """
        durable.append(self.path / METRICS, (json.dumps(line, ensure_ascii=False) + "\n").encode())

    def sync_metrics(self) -> None:
        """Waits until all lines of metrics.jsonl would survive a loss of power.

        Raises:
            StorageError: It cannot be had.
        """
        durable.sync(self.path / METRICS)

    def cut_metrics(self, lines: int) -> int:
        """Removes what metrics.jsonl holds beyond so many lines.

        Returns:
            How many whole lines are left: fewer where some are missing.

        Raises:
            StorageError: It cannot be written.
        """
        path = self.path / METRICS
        content = path.read_bytes() if path.is_file() else b""
        kept = content.splitlines(keepends=True)[:lines]
        if kept and not kept[-1].endswith(b"\n"):
            kept.pop()
        if b"".join(kept) != content:
            durable.write(path, b"".join(kept))
        return len(kept)


def _check_replaceable(path: Path, *, force: bool) -> None:
    if not path.is_dir():
        raise RunFolderError(f"{path}: is a file; name a folder with -o", path)
    if (path / CHECKPOINTS).is_symlink():
        raise RunFolderError(f"{path / CHECKPOINTS}: is a link; a run writes into its own folder only", path)
    if (path / FACTS).exists():
        if not force:
            raise RunFolderError(
                f"{path}: exists already; add --force to replace it, or name another with -o", path
            )
        return
    # A run that was stopped before it had properly begun leaves some files of its own.
    own = {path / CHECKPOINTS, *_own(path)}
    if any(entry not in own for entry in path.iterdir()):
        raise RunFolderError(
            f"{path}: holds other things than a run (no {FACTS}); --force replaces runs only", path
        )


def _own(path: Path) -> Iterator[Path]:
    """The files in a folder that belong to its run."""
    for name in (SPEC, FACTS, METRICS, EVIDENCE, *REPORTS):
        for file in (path / name, path / (name + durable.TEMPORARY)):
            if os.path.lexists(file):
                yield file
    if (path / CHECKPOINTS).is_dir():
        yield from (file for file in (path / CHECKPOINTS).iterdir() if OWN_CHECKPOINTS.fullmatch(file.name))
