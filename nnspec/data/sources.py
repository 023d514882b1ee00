"""Sources: which files a loader gets, and from where on this machine or beyond it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nnspec.contracts.loader import RemoteFile
from nnspec.data.download import cache_folder, download
from nnspec.errors import DataError

SYSTEM_FOLDERS = (Path("/usr/local/share/datasets"), Path("/usr/share/datasets"))
"""Where packages of the system put data sets, a folder each."""


class Sources:
    """The `Source` of a run: files by a fixed order of places, and the data set's generator.

    Attributes:
        random: The data set's own generator.
        spec_folder: The folder of the spec, or None for a spec that is no file.
        offline: Never to ask a mirror.
        progress: Whether a download may show a bar, which it does on a terminal.
    """

    def __init__(
        self,
        spec_folder: Path | None,
        random: np.random.Generator,
        offline: bool = False,  # noqa: FBT001, FBT002  a switch of the command line, handed through
        progress: bool = True,  # noqa: FBT001, FBT002  likewise
    ) -> None:
        self.spec_folder = spec_folder
        self.random = random
        self.offline = offline
        self.progress = progress

    def path(self, path: str) -> Path:
        """A file or folder that a spec names; see `nnspec.contracts.loader.Source.path`."""
        wanted = Path(path).expanduser()
        candidates = [base / wanted for base in (*self._bases(), *_configured())]
        for candidate in candidates:
            if candidate.exists():
                return candidate
        sought = " nor ".join(dict.fromkeys(str(candidate) for candidate in candidates))
        found = f"`{path}`: there is neither {sought}" if " nor " in sought else f"no such file: {sought}"
        hint = "" if wanted.is_absolute() else "; where the data lies elsewhere, set NNSPEC_DATA to its folder"
        raise DataError(found + hint)

    def files(self, folder: str, remote: Sequence[RemoteFile], root: str | None) -> list[Path]:
        """Local copies of public files; see `nnspec.contracts.loader.Source.files`."""
        found = {file.name: self.find(folder, file.name, root) for file in remote}
        missing = [file for file in remote if found[file.name] is None]
        if missing and (root is not None or self.offline):
            raise DataError(self._missing(folder, missing, root))
        if missing:
            names = [file.name for file in missing]
            found.update(zip(names, download(missing, folder, cache_folder(folder), self.progress), strict=True))
        return [path for path in found.values() if path is not None]

    def find(self, folder: str, name: str, root: str | None = None) -> Path | None:
        """Where a public file lies on this machine, gzipped or plain; None where it does not."""
        for place in self.places(folder, root):
            for candidate in (place / name, place / name.removesuffix(".gz")):
                if candidate.is_file():
                    return candidate
        return None

    def places(self, folder: str, root: str | None = None) -> Iterator[Path]:
        """The folders that are searched, in order; some may come twice, and many need not exist."""
        if root is not None:
            named = self.path(root)
            yield from (named, named / folder)
            return
        for configured in _configured():
            yield configured / folder
        for base in self._bases():
            for above in (base.absolute(), *base.absolute().parents):
                yield above / "datasets" / folder
        for system in SYSTEM_FOLDERS:
            yield system / folder
        yield cache_folder(folder)

    def _bases(self) -> Iterator[Path]:
        if self.spec_folder is not None:
            yield self.spec_folder
        yield Path.cwd()

    def _missing(self, folder: str, missing: Sequence[RemoteFile], root: str | None) -> str:
        names = ", ".join(file.name for file in missing)
        if root is not None:
            return (
                f"root `{root}` lacks {names}: put them there, or leave `root` out to have them found or fetched"
            )
        sought = "\n".join(dict.fromkeys(f"  {place}" for place in self.places(folder)))
        return (
            f"{names}: not on this machine, and this run is offline; sought in\n{sought}\n"
            f"Put the files into one of these folders, or run `nnspec datasets fetch {folder}` while connected."
        )


def _configured() -> Iterator[Path]:
    """The folder of data that the user's environment names, if any."""
    if named := os.environ.get("NNSPEC_DATA"):
        yield Path(named).expanduser()
