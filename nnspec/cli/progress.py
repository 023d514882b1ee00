"""How a run goes on: a bar of batches on a terminal, and a line an epoch everywhere."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Never, TextIO

from tqdm import tqdm

from nnspec.cli.output import tell
from nnspec.engine.evaluation import Evaluation
from nnspec.engine.trainer import Epoch
from nnspec.runs.experiment import Experiment

SECONDS_BETWEEN_MOVES = 0.1
"""No eye sees more of a bar, and small networks take a thousand steps meanwhile."""


class ProgressLines:
    """Watches a run and tells of it on stderr."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar: tqdm[Never] | None = None
        self._live = self._stream.isatty()
        self._next_move = 0.0

    def run_started(self, experiment: Experiment, folder: Path) -> None:
        """Says what is trained, on what, and where it goes."""
        samples = ", ".join(f"{len(split):,} {name}" for name, split in experiment.dataset.splits.items())
        parameters = experiment.network.parameter_count
        self._say(f"{experiment.spec.document.name}: {parameters:,} parameters; samples: {samples}")
        self._say(f"run folder: {folder}")

    def went_on(self, place: str) -> None:
        """Says from where."""
        self._say(f"going on after {place}")

    def epoch_started(self, number: int, steps: int) -> None:
        """Opens a bar for the epoch's batches."""
        if self._live:
            self._bar = tqdm(
                total=steps,
                desc=f"epoch {number}",
                unit=" batches",
                leave=False,
                file=self._stream,
                dynamic_ncols=True,
            )

    def steps_done(self, steps: int, cost: float) -> None:
        """Moves the bar and shows the cost of the last batch, now and then."""
        if self._bar is not None and perf_counter() >= self._next_move:
            self._next_move = perf_counter() + SECONDS_BETWEEN_MOVES
            self._bar.set_postfix_str(f"cost {cost:.4f}", refresh=False)
            self._bar.update(steps - self._bar.n)

    def epoch_ended(self, epoch: Epoch, epochs: int) -> None:
        """Prints the epoch's line."""
        self.close()
        width = len(str(epochs))
        parts = [f"epoch {epoch.number:>{width}}/{epochs}", f"train cost {epoch.cost:.4f}"]
        parts += [_summary(name, evaluation) for name, evaluation in epoch.evaluations.items()]
        self._say("  ".join([*parts, f"{epoch.seconds:.1f} s"]))

    def evaluated(self, place: str, evaluations: Mapping[str, Evaluation]) -> None:
        """Prints a line for an evaluation in the middle of an epoch."""
        self._say("  ".join([place, *(_summary(name, found) for name, found in evaluations.items())]))

    def notice(self, text: str) -> None:
        """Prints what a user ought to know."""
        self._say(f"nnspec: {text}")

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        tell(line, stream=self._stream)


def _summary(name: str, evaluation: Evaluation) -> str:
    figures = [f"{metric} {text}" for metric, text in evaluation.texts.items()]
    return f"{name}: " + ", ".join([*figures, f"cost {evaluation.values['cost']:.4f}"])
