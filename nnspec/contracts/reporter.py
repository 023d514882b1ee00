"""Reporter: hears how a run goes on, and writes of it into the run's folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from nnspec.contracts.part import Part
from nnspec.types import Array


@dataclass(frozen=True)
class EpochRecord:
    """What came of an epoch.

    Attributes:
        number: Counted from 1.
        metrics: Figures by split and name, as run.json has them: ``metrics["validation"]["accuracy"]``. The
            training split has its ``cost``, and its ``penalty`` where there is a regularizer.
        seconds: Seconds that it took, evaluation included.
    """

    number: int
    metrics: Mapping[str, Mapping[str, Any]]
    seconds: float


class Run(Protocol):
    """A run as a reporter sees it."""

    @property
    def name(self) -> str:
        """The name that the spec gives it."""

    @property
    def folder(self) -> Path:
        """The run folder; what a reporter writes belongs there."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What run.json says by now."""

    @property
    def memory(self) -> dict[str, Any]:
        """What this reporter wants to find again in its next call; its own, and gone when the run ends."""

    def parameters(self) -> Iterator[tuple[str, Array]]:
        """The network's parameters as they stand, each with its full name, ``layers.0.W``; read-only."""

    def write(self, name: str, content: bytes) -> None:
        """Writes a file of the run folder so that it is there whole, or not at all.

        Raises:
            StorageError: It cannot be written; not to be caught, since the run cannot be saved either.
        """

    def page(self, form: Literal["html", "markdown"]) -> str:
        """The report of nnspec itself, to be stored, sent or put into something larger."""


class Reporter(Part):
    """Frozen as all parts are: what it must remember from call to call lies in ``run.memory``.

    A reporter that fails is told of, and the run goes on without it.
    """

    kinds: ClassVar[tuple[str, ...]] = ("reporters",)

    def started(self, run: Run) -> None:
        """The folder is there, and training begins."""

    def epoch_ended(self, run: Run, epoch: EpochRecord) -> None:
        """An epoch is over; run.json tells of it with the next checkpoint."""

    def ended(self, run: Run) -> None:
        """The run is over, whether finished, failed or interrupted: ``run.facts["status"]`` says which."""
