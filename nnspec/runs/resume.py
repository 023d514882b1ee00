"""Going on with a run that was stopped: which one, whether it is the same, and what may have been changed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnspec.errors import DataError, NnspecError, RunFolderError
from nnspec.runs.folder import FACTS, SPEC, RunFolder
from nnspec.spec.difference import Difference, differences
from nnspec.spec.reader import read_file
from nnspec.spec.specification import Spec, load

AUTO = "auto"
"""In place of a folder: the run of this very spec, wherever it lies, or else a new one."""

ENDINGS = ("train.epochs", "train.time_budget", "train.early_stopping")
"""What decides when a run ends; more of it lets a finished run go on."""

INCIDENTAL = (
    "description",
    "expect",
    "reporters",
    "plugins",
    "engine.prefetch",
    "train.checkpoint",
    "train.time_budget",
)
"""What two specs may differ in and still be the same to `auto`."""

MAY_CHANGE = tuple(dict.fromkeys((*ENDINGS, *INCIDENTAL, "train.validate_every", "train.keep", "name")))
"""What may be changed of a run that goes on: nothing that decides how a step changes the network."""


@dataclass(frozen=True)
class Earlier:
    """A run that lies in a folder already.

    Attributes:
        folder: The folder.
        facts: What its run.json says.
        resolved: The spec that it was started with, or last went on with.
    """

    folder: RunFolder
    facts: Mapping[str, Any]
    resolved: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> "Earlier":
        """The run in a folder.

        Raises:
            RunFolderError: There is none, or it is damaged.
            SpecError: Its spec cannot be read.
        """
        folder = RunFolder.open(path)
        return cls(folder, folder.facts(), read_file(path / SPEC).value)

    @property
    def finished(self) -> bool:
        """Whether it came to its end."""
        return bool(self.facts["status"] == "finished")

    def changes(self, resolved: Mapping[str, Any]) -> list[Difference]:
        """What a resolved spec has changed since.

        Raises:
            RunFolderError: Among it is something that must stay.
        """
        changed = list(differences(self.resolved, resolved))
        refused = [change for change in changed if not _concerns(change, MAY_CHANGE)]
        if refused:
            listed = "\n".join(f"  {change}" for change in refused)
            raise RunFolderError(
                f"{self.folder.path}: this run cannot go on with another spec; different are\n{listed}\n"
                f"Changes are allowed in {', '.join(MAY_CHANGE)}; for others, start a new run",
                self.folder.path,
            )
        return changed

    def may_go_on(self, resolved: Mapping[str, Any]) -> bool:
        """Whether there is anything left to do: it is not finished, or the spec has changed when it ends."""
        return not self.finished or any(
            _concerns(change, ENDINGS) for change in differences(self.resolved, resolved)
        )

    def check_data(self, digest: str) -> None:
        """Compares the data with what the run was started on.

        Raises:
            DataError: It is not the same.
        """
        expected = self.facts["dataset"]["sha256"]
        if digest != expected:
            raise DataError(
                f"{self.folder.path}: this run cannot go on with other data: its own has the SHA-256 "
                f"{expected[:12]}..., now it is {digest[:12]}...; bring the old data back, or start a new run"
            )


def sought(spec: Spec, out: Path | None, wanted: Path | str, *, any_shards: bool = False) -> Earlier | None:
    """The run that shall go on.

    Args:
        spec: The spec, settled by its data.
        out: Where a run of it is looked for, instead of among all of its name.
        wanted: A run folder, or `AUTO`.
        any_shards: Whether the number of shards may be another.

    Returns:
        The run; None where `AUTO` finds none.

    Raises:
        RunFolderError: The folder holds no run.
    """
    if wanted != AUTO:
        return Earlier.open(Path(wanted))
    if out is not None:
        return Earlier.open(out) if (out / FACTS).exists() else None
    resolved = spec.resolved()
    opened = [earlier for earlier in map(_opened, _newest(spec)) if earlier is not None]
    found = [earlier for earlier in opened if _same(earlier.resolved, resolved, any_shards=any_shards)]
    return next((earlier for earlier in found if not earlier.finished), found[0] if found else None)


def own_spec(path: Path, settings: list[str]) -> Spec:
    """The spec of a run, to go on with it as it is; relative paths start from where they did.

    Args:
        path: The run folder.
        settings: Overrides.

    Raises:
        RunFolderError: There is no run.
        SpecError: Its spec has problems.
    """
    folder = RunFolder.open(path)
    spec = load(folder.path / SPEC, settings)
    return replace(spec, path=Path(folder.facts()["spec_folder"]) / SPEC)


def _newest(spec: Spec) -> list[Path]:
    """The folders of runs of a spec's name, the last begun in front: their names begin with the time."""
    return sorted((path.parent for path in Path("runs", spec.document.name).glob(f"*/{FACTS}")), reverse=True)


def _opened(path: Path) -> Earlier | None:
    try:
        return Earlier.open(path)
    except NnspecError:
        # Damaged, and none of this one's business.
        return None


def _same(before: Mapping[str, Any], after: Mapping[str, Any], *, any_shards: bool) -> bool:
    """Whether two resolved specs differ in nothing but what is incidental."""
    incidental = (*INCIDENTAL, "engine.shards") if any_shards else INCIDENTAL
    return all(_concerns(change, incidental) for change in differences(before, after))


def _concerns(change: Difference, paths: tuple[str, ...]) -> bool:
    return any(change.path == path or change.path.startswith(f"{path}.") for path in paths)
