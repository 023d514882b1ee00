"""How much of `nnspec run`'s training time is spent outside the engine's steps.

    python benchmarks/outside.py                              # mnist_784_30_10 as it is
    python benchmarks/outside.py specs/mnist_lenet.yaml --epochs 1

A step is gathering and transforming a batch, the passes forward and back, and the update. Outside are shuffling,
the progress bar, the watch for signals, checkpoints and the run folder. Evaluation is neither, nor what is found
out for the report: their time is told beside.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import nnspec
from nnspec.cli.progress import ProgressLines
from nnspec.engine import trainer
from nnspec.engine.network import Network
from nnspec.engine.trainer import Trainer
from nnspec.engine.updates import Updates
from nnspec.runs import session
from nnspec.runs.execution import execute
from nnspec.runs.session import Session

ROOT = Path(__file__).parent.parent
BAR = 0.05


class Clock:
    """Sums the time spent in some calls, and counts them."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, timed."""

        def timed(*args: Any, **options: Any) -> Any:
            started = perf_counter()
            try:
                return call(*args, **options)
            finally:
                self.seconds += perf_counter() - started
                self.calls += 1

        return timed

    def items(self, call: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """A call whose iterator is timed from item to item, but for the first, for which an order is drawn."""

        def timed(*args: Any) -> Iterator[Any]:
            iterator = iter(call(*args))
            yield from self._rest(iterator)

        return timed

    def _rest(self, iterator: Iterator[Any]) -> Iterator[Any]:
        end = object()
        item = next(iterator, end)
        while item is not end:
            yield item
            started = perf_counter()
            item = next(iterator, end)
            self.seconds += perf_counter() - started
            self.calls += 1


def own_time(calls: int) -> float:
    """Seconds that the clock itself takes for so many calls, beside those that it sums."""
    clock = Clock()
    call = clock.wrap(lambda: None)
    started = perf_counter()
    for _ in range(calls):
        call()
    return perf_counter() - started - clock.seconds


def measure(path: Path, epochs: int | None, folder: Path) -> tuple[float, float, float]:
    """Seconds of a training, of the engine's steps in it, and of evaluations in it."""
    training, steps, evaluations = Clock(), Clock(), Clock()
    places = (
        (Session, "train", training.wrap),
        (Network, "step", steps.wrap),
        (Updates, "apply", steps.wrap),
        (Updates, "scale", steps.wrap),
        (Trainer, "batches", steps.items),
        (trainer, "evaluate", evaluations.wrap),
        (session, "activities", evaluations.wrap),
        (session, "gather", evaluations.wrap),
    )
    with ExitStack() as patches:
        for owner, name, wrap in places:
            patches.enter_context(patch.object(owner, name, wrap(getattr(owner, name))))
        _run(path, epochs, folder)
    return training.seconds - own_time(steps.calls), steps.seconds, evaluations.seconds


def _run(path: Path, epochs: int | None, folder: Path) -> None:
    spec = nnspec.load(path, [] if epochs is None else [f"train.epochs={epochs}"])
    with (folder / "progress").open("w", encoding="utf-8") as stream:
        stream.isatty = lambda: True  # type: ignore[method-assign]  # a bar is drawn as on a terminal
        execute(spec, folder / "run", ProgressLines(stream))


def main() -> int:
    """Measures a spec, prints the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", nargs="?", type=Path, default=ROOT / "specs" / "mnist_784_30_10.yaml")
    parser.add_argument("--epochs", type=int, help="by default those of the spec")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        total, steps, evaluations = measure(arguments.spec, arguments.epochs, Path(folder))
    share = (total - evaluations - steps) / (total - evaluations)
    print(f"{total:.2f} s: {steps:.2f} in the engine's steps, {evaluations:.2f} in evaluations and for the report")
    print(
        f"{'PASS' if share <= BAR else 'FAIL'}: {share:.1%} of the training time outside steps, {BAR:.0%} allowed"
    )
    return 0 if share <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
