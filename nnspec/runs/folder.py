"""The run folder: what lies in it, and writes that are whole or not there at all."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.errors import RunFolderError

SPEC, FACTS, METRICS, EVIDENCE = "spec.yaml", "run.json", "metrics.jsonl", "evidence.npz"
CHECKPOINTS = "checkpoints"


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
            RunFolderError: There is none there.
        """
        if not path.is_dir():
            raise RunFolderError(f"{path}: there is no such run folder; `nnspec run SPEC` makes one", path)
        if not (path / FACTS).is_file() or not (path / SPEC).is_file():
            raise RunFolderError(
                f"{path}: this is not a run folder: it has no {FACTS} and {SPEC}; name the folder that "
                "`nnspec run` printed",
                path,
            )
        return cls(path)

    @classmethod
    def vacant(cls, path: Path, *, force: bool) -> "RunFolder":
        """A folder that a new run may take; nothing is written yet.

        Args:
            path: Where the run shall go.
            force: Whether a run that lies there may be replaced.

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

    def create(self) -> None:
        """Makes the folder, in place of the run that lay there.

        Raises:
            RunFolderError: It cannot be made.
        """
        try:
            if self.path.exists() and any(self.path.iterdir()):
                shutil.rmtree(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / CHECKPOINTS).mkdir()
        except OSError as error:
            raise RunFolderError(f"{self.path}: cannot be made: {error.strerror}", self.path) from error

    def checkpoint(self, name: str) -> Path:
        """Where the checkpoint of this name lies: ``last`` or ``best``."""
        return self.path / CHECKPOINTS / f"{name}.safetensors"

    def write(self, name: str, content: bytes) -> None:
        """Writes a file so that it is there whole, or not at all, whenever the machine stops.

        Raises:
            RunFolderError: It cannot be written.
        """
        target = self.path / name
        temporary = target.with_name(target.name + ".tmp")
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
            _sync(target.parent)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise RunFolderError(f"{target}: cannot be written: {error.strerror}", self.path) from error

    def write_facts(self, facts: Mapping[str, Any]) -> None:
        """Writes run.json."""
        self.write(FACTS, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())

    def facts(self) -> dict[str, Any]:
        """What run.json says.

        Raises:
            RunFolderError: It is damaged.
        """
        try:
            facts = json.loads((self.path / FACTS).read_text("utf-8"))
        except ValueError as error:
            raise RunFolderError(f"{self.path / FACTS}: damaged: {error}", self.path) from error
        if not isinstance(facts, dict) or "dataset" not in facts:
            raise RunFolderError(f"{self.path / FACTS}: damaged: it does not hold the facts of a run", self.path)
        return facts

    def append_metrics(self, line: Mapping[str, Any]) -> None:
        """Adds an epoch to metrics.jsonl."""
        with (self.path / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _check_replaceable(path: Path, *, force: bool) -> None:
    if not path.is_dir():
        raise RunFolderError(f"{path}: is a file; name a folder with -o", path)
    content = {entry.name for entry in path.iterdir()}
    if not content:
        return
    if not force:
        raise RunFolderError(f"{path}: exists already; add --force to replace it, or name another with -o", path)
    if FACTS not in content:
        raise RunFolderError(
            f"{path}: holds other things than a run (no {FACTS}); --force replaces runs only", path
        )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
