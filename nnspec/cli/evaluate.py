"""`nnspec evaluate RUN`: cost and metrics of a split, its mistakes, or its samples one by one."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np

from nnspec.cli.answers import answer_facts, answer_text, certainty_text, numbers_text
from nnspec.cli.arguments import add_json, add_offline, add_run
from nnspec.cli.output import tell, tell_json
from nnspec.cli.table import table
from nnspec.contracts.loader import Split, SplitName
from nnspec.engine.evaluation import Evaluation
from nnspec.errors import GOOD, UsageError
from nnspec.inputs.look import look_of
from nnspec.insight.blocks import render
from nnspec.runs.opened import OpenedRun, Predictions
from nnspec.types import Array

SHOWN = 20
"""So many mistakes are listed unless told otherwise."""
WIDEST_TABLE = 20
"""A confusion table of more classes is left to --json."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_run(parser)
    parser.add_argument(
        "--split",
        choices=("test", "validation", "train"),
        help="which samples (default: test, or the nearest to it that there is)",
    )
    parser.add_argument(
        "--mistakes",
        metavar="N",
        nargs="?",
        type=_count,
        const=SHOWN,
        help=f"list the wrong answers, the most certain first: so many, or `all` (default: {SHOWN})",
    )
    parser.add_argument(
        "--walk",
        action="store_true",
        help="go through the samples, or with --mistakes the wrong ones, one by one: Enter for the next, q to end",
    )
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    if args.walk and args.json:
        raise UsageError("--walk shows samples to a reader; with --json, ask for --mistakes")
    opened = OpenedRun(args.run)
    if args.mistakes is not None and opened.classes is None:
        raise UsageError("this run was not trained on classes: no answer is simply wrong; --walk shows them all")
    name, evaluation = opened.evaluate(args.split, offline=args.offline)
    facts: dict[str, Any] = {"split": name, "samples": evaluation.samples, "metrics": evaluation.values}
    if not args.json:
        tell(_summary(name, evaluation, opened.outcomes))
    if args.walk or args.mistakes is not None:
        samples = _Samples(opened, name, offline=args.offline)
        chosen = samples.chosen(args.mistakes)
        if args.json:
            mistakes = [samples.facts(index) for index in chosen]
            facts |= {"mistake_count": len(samples.mistakes), "mistakes": mistakes}
        elif args.walk and len(chosen):
            _walk(samples, chosen)
        else:
            tell(f"\n{samples.listing(chosen)}")
    if args.json:
        tell_json(facts)
    return GOOD


def _count(text: str) -> int:
    if text == "all":
        return sys.maxsize
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number above 0, or `all`, not `{text}`")
    return int(text)


def _summary(name: SplitName, evaluation: Evaluation, classes: tuple[str, ...]) -> str:
    lines = [f"{name}: {evaluation.samples:,} samples"]
    width = max(map(len, evaluation.values))
    for metric, value in evaluation.values.items():
        if isinstance(value, float):
            text = evaluation.texts.get(metric, "")
            figure = f"{value:.4f}" + (f"  ({text})" if text not in ("", f"{value:.4f}") else "")
            lines.append(f"  {metric:<{width}}  {figure}")
        elif len(classes) <= WIDEST_TABLE and np.shape(value) == (len(classes),) * 2:
            lines.append(f"  {metric}: row = what it was, column = what was answered")
            lines.append(_confusion(cast(list[list[float]], value), classes))
    by_class = {metric: value for metric, value in evaluation.values.items() if np.shape(value) == (len(classes),)}
    if by_class:
        columns = [[f"{figure:.4f}" for figure in cast(list[float], value)] for value in by_class.values()]
        rows = list(zip(classes, *columns, strict=True))
        lines.append(table(["by class", *by_class], rows, right=range(1, len(columns) + 1)))
    return "\n".join(lines)


def _confusion(counts: list[list[float]], classes: Sequence[str]) -> str:
    rows = [[name, *(f"{count:.0f}" for count in row)] for name, row in zip(classes, counts, strict=True)]
    return table(["", *classes], rows, right=range(1, len(classes) + 1))


class _Samples:
    """The samples of a split, and what the run says of each."""

    def __init__(self, opened: OpenedRun, name: SplitName, *, offline: bool) -> None:
        self.split: Split = opened.dataset(offline=offline).splits[name]
        self._predictions: Predictions = opened.predict(self.split.inputs)
        self._classes = opened.classes
        self._answers = list(self._predictions) if opened.classes is not None else []
        self._look = look_of(opened)

    @cached_property
    def mistakes(self) -> Array:
        """Indices of the samples that were answered wrongly, the most certain answer first."""
        answered = self._predictions.class_numbers
        certainties = self._predictions.scores[np.arange(len(answered)), answered]
        wrong = np.flatnonzero(answered != self.split.targets)
        order: Array = wrong[np.argsort(-certainties[wrong], kind="stable")]
        return order

    def chosen(self, mistakes: int | None) -> Array:
        """Indices of so many mistakes; of all samples where None is said."""
        return np.arange(len(self.split)) if mistakes is None else self.mistakes[:mistakes]

    def was(self, index: int) -> str:
        """What a sample is: its class, or its targets."""
        if self._classes is None:
            return numbers_text(self.split.targets[index])
        return self._classes[int(self.split.targets[index])]

    def facts(self, index: int) -> dict[str, Any]:
        """A sample and its answer as JSON has it."""
        return {"index": int(index), "was": self.was(index), "answered": answer_facts(self._answers[index])}

    def listing(self, chosen: Array) -> str:
        """The mistakes that were chosen, as a table."""
        total = f"{len(self.mistakes):,} of {len(self.split):,} answered wrongly"
        if len(chosen) == 0:
            return total
        rows = []
        for index in chosen:
            answer = self._answers[index]
            certainties = certainty_text(answer.certainty), certainty_text(answer.runner_up_certainty)
            rows.append(
                [str(index), self.was(index), answer.name, certainties[0], answer.runner_up, certainties[1]]
            )
        head = ["sample", "was", "answered", "certainty", "runner-up", "certainty"]
        more = "; the most certain of them:" if len(chosen) < len(self.mistakes) else ", the most certain first:"
        return f"{total}{more}\n{table(head, rows, right=(0, 3, 5))}"

    def described(self, index: int) -> Iterator[str]:
        """A sample as a walk shows it: the picture or the numbers, what it was, what was answered."""
        yield self._shown(index)
        if self._classes is None:
            outputs = numbers_text(self._predictions.outputs[index])
            yield f"sample {index}: was {self.was(index)}, answered {outputs}"
            return
        answer, was = self._answers[index], self.was(index)
        verdict = "right" if answer.name == was else "WRONG"
        yield f"sample {index}: was {was}, answered {answer_text(answer)}: {verdict}"

    def _shown(self, index: int) -> str:
        sample, look = self.split.inputs[index], self._look
        if look is None:
            return numbers_text(sample)
        share = (sample.reshape(look.picture).astype(np.float64) - look.low) / ((look.high - look.low) or 1.0)
        shown = share if look.dark is not False else 1 - share
        return render(np.clip(shown, 0, 1), unicode="utf" in (sys.stdout.encoding or "").lower())


def _walk(samples: _Samples, chosen: Array) -> None:
    waits = sys.stdin.isatty() and sys.stdout.isatty()
    for index in chosen:
        tell("\n" + "\n".join(samples.described(int(index))))
        if waits:
            tell("Enter for the next, q to end: ", error=True, end="")
            line = sys.stdin.readline()
            if not line or line.strip().lower() == "q":
                return
