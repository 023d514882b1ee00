"""check_reporter: a reporter hears of runs that go well, go wrong, are resumed, and go on beside each other."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from nnspec.contracts.reporter import EpochRecord, Reporter
from nnspec.testing.contract import ContractError, Frozen, require
from nnspec.testing.material import numbers
from nnspec.testing.parts import check_part, rebuilt
from nnspec.types import Array

EPOCHS = 3


def check_reporter(reporter: Reporter) -> None:
    """Checks a reporter on made runs in folders of their own.

    It takes a run that finishes, one that fails, one that ends before its first epoch, and one that is resumed in
    the folder that it left; parameters stay as they were; what it remembers lies in ``run.memory``, so that two
    runs beside each other leave the same files as two runs in turn. See also `check_part`.

    Args:
        reporter: The reporter.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(reporter)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = _Run(folder / "alone")
        _told(reporter, alone, "finished", EPOCHS)
        _told(reporter, _Run(folder / "failed"), "failed", 1)
        _told(reporter, _Run(folder / "short"), "interrupted", 0)
        # Resumed: another instance with no memory, and the files of before.
        _told(rebuilt(reporter), _Run(folder / "alone"), "finished", EPOCHS)
        first, second = _Run(folder / "first"), _Run(folder / "second")
        _together(reporter, first, second)
        _check_files(reporter, alone, first, second)


class _Run:
    """A run of two parameters that goes as it is told."""

    name = "made"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.memory: dict[str, Any] = {}
        self.status = "running"
        self.written: set[str] = set()
        self.arrays = {"layers.0.W": numbers((3, 2)), "layers.0.b": numbers((3, 1), 1)}

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"name": self.name, "status": self.status, "metrics": {}, "epochs": EPOCHS, "seconds": 1.0}

    def parameters(self) -> Iterator[tuple[str, Array]]:
        yield from self.arrays.items()

    def write(self, name: str, content: bytes) -> None:
        self.written.add(name)
        (self.folder / name).write_bytes(content)

    def page(self, form: Literal["html", "markdown"]) -> str:
        return f"a page as {form}"


def _record(number: int) -> EpochRecord:
    metrics = {"train": {"cost": 1 / number}, "validation": {"cost": 2 / number, "accuracy": 1 - 0.5**number}}
    return EpochRecord(number, metrics, 0.5)


def _told(reporter: Reporter, run: _Run, status: str, epochs: int) -> None:
    rule = f"a run that is {status} after {epochs} epochs is reported"
    try:
        with Frozen(reporter, **run.arrays).kept():
            reporter.started(run)
            for number in range(1, epochs + 1):
                reporter.epoch_ended(run, _record(number))
            run.status = status
            reporter.ended(run)
    except ContractError:
        raise
    except Exception as error:
        raise ContractError(reporter, rule, f"{type(error).__name__}: {error}") from error


def _together(reporter: Reporter, *runs: _Run) -> None:
    for run in runs:
        reporter.started(run)
    for number in range(1, EPOCHS + 1):
        for run in runs:
            reporter.epoch_ended(run, _record(number))
    for run in runs:
        run.status = "finished"
        reporter.ended(run)


def _check_files(reporter: Reporter, alone: _Run, *runs: _Run) -> None:
    rule = "what it remembers lies in `run.memory`"
    for run in runs:
        detail = f"{sorted(run.written)} beside another run, {sorted(alone.written)} alone."
        require(run.written == alone.written, reporter, rule, detail)
        kinds = {path.suffix for path in run.folder.iterdir()}, {path.suffix for path in alone.folder.iterdir()}
        require(kinds[0] == kinds[1], reporter, rule, f"files {kinds[0]} beside another run, {kinds[1]} alone.")
