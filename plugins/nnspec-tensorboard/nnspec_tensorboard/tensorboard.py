"""tensorboard: figures and parameters by epoch, as TensorBoard shows them.

    reporters: [tensorboard]
    reporters: [{tensorboard: {folder: events, histograms: false}}]

Writes event files into a folder of the run folder: scalars named ``cost/train``, ``accuracy/validation`` and so
on, a histogram of each parameter named as in a checkpoint, ``layers.0.W``, and at the end a text with the run's
status.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from tensorboardX import SummaryWriter

from nnspec.extend import EpochRecord, Field, FileName, Reporter, Run

WRITER = "writer"
"""Where in its memory of a run the open file is."""


class TensorBoard(Reporter):
    """What is written is there at once: TensorBoard follows while the run goes on."""

    api: ClassVar[int] = 1
    primary: ClassVar[str | None] = "folder"

    folder: Annotated[FileName, Field(description="folder within the run folder")] = "tensorboard"
    histograms: Annotated[bool, Field(description="the distribution of every parameter, too")] = True

    def started(self, run: Run) -> None:
        run.memory[WRITER] = SummaryWriter(str(run.folder / self.folder))

    def epoch_ended(self, run: Run, epoch: EpochRecord) -> None:
        writer = run.memory[WRITER]
        for name, value in scalars(epoch.metrics):
            writer.add_scalar(name, value, epoch.number)
        writer.add_scalar("seconds", epoch.seconds, epoch.number)
        for name, array in run.parameters() if self.histograms else ():
            writer.add_histogram(name, array, epoch.number)
        writer.flush()

    def ended(self, run: Run) -> None:
        writer = run.memory[WRITER]
        writer.add_text("status", str(run.facts["status"]))
        writer.close()


def scalars(metrics: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    """The single figures among a record's metrics, named metric first so that splits share a chart."""
    for split, figures in metrics.items():
        for name, value in figures.items():
            if isinstance(value, int | float):
                yield f"{name}/{split}", float(value)
