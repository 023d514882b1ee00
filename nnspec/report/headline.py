"""What a reader looks for first: how the run went, and the few figures it is remembered by."""

from dataclasses import dataclass

from nnspec.report.facts import Epoch, Figures, Run
from nnspec.report.wording import count, duration, figure, measured, metric_name, plural

EPOCHS_LISTED = 100


@dataclass(frozen=True)
class KeyFigure:
    """A figure that a reader looks for first.

    Attributes:
        name: What it is.
        value: The figure.
        note: What else to know of it.
    """

    name: str
    value: str
    note: str = ""

    def __str__(self) -> str:
        """``test accuracy 94.74 % (9,474 of 10,000)``."""
        return f"{self.name} {self.value}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True)
class FigureTable:
    """The figures of one epoch.

    Attributes:
        caption: Which epoch.
        metrics: The columns.
        rows: Split, then its figures.
    """

    caption: str
    metrics: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def ending(run: Run) -> str:
    """How the run went, in a line."""
    return f"after {plural(run.epochs, 'epoch')} in {duration(run.seconds)}"


def key_figures(run: Run) -> list[KeyFigure]:
    """The figures, the most important in front."""
    figures = _judgement(run)
    if run.best is not None:
        reached = f"{metric_name(run.best.monitor)} {measured(run.best.monitor, run.best.value)}"
        figures.append(KeyFigure("best epoch", count(run.best.epoch), reached))
    stands_for = f"epoch {count(run.stands_for)}" if run.stands_for else "the untrained network"
    return [
        *figures,
        KeyFigure("epochs", count(run.epochs), f"figures of {stands_for}"),
        KeyFigure("time", duration(run.seconds), f"{duration(run.training_seconds)} in training steps"),
        KeyFigure("parameters", count(run.parameters), str(run.origin.engine.get("precision", ""))),
    ]


def figure_tables(run: Run) -> list[FigureTable]:
    """All figures of the epoch that the run stands for, and of the best one where that is another."""
    here = f"Epoch {count(run.stands_for)}" if run.stands_for else "Before training"
    tables = [_table(f"{here}, which this run stands for", run.figures)]
    if run.best is not None and run.best.epoch != run.stands_for:
        caption = f"Epoch {count(run.best.epoch)}, the best by {metric_name(run.best.monitor)}"
        tables.append(_table(caption, run.best.figures))
    return [table for table in tables if table.rows]


def listed_epochs(run: Run) -> list[Epoch]:
    """The epochs that a table of them lists: all, or evenly many with the first, the best and the last."""
    history = run.history
    step = (len(history) - 1) / (EPOCHS_LISTED - 1)
    if step <= 1:
        return list(history)
    chosen = {history[round(index * step)].number for index in range(EPOCHS_LISTED)}
    if run.best is not None:
        chosen.add(run.best.epoch)
    return [epoch for epoch in history if epoch.number in chosen]


def _judgement(run: Run) -> list[KeyFigure]:
    """Accuracy and cost of the split that the run is judged by."""
    split = run.judged_by
    if split is None:
        return []
    judged, figures = [], run.figures[split]
    if "accuracy" in figures:
        accuracy = measured("accuracy", figures["accuracy"])
        judged.append(KeyFigure(f"{split} accuracy", accuracy, _right(run, split)))
    else:
        first = next((name for name in figures if name not in ("cost", "penalty")), None)
        if first is not None:
            judged.append(KeyFigure(f"{split} {metric_name(first)}", measured(first, figures[first])))
    if "cost" in figures:
        learned = run.figures.get("train", {}).get("cost")
        note = f"train {figure(learned)}" if learned is not None and split != "train" else ""
        judged.append(KeyFigure(f"{split} cost", figure(figures["cost"]), note))
    return judged


def _right(run: Run, split: str) -> str:
    accuracy, samples = run.figures[split]["accuracy"], run.data.samples.get(split)
    if samples is None or not 0 <= accuracy <= 1:
        return ""
    return f"{count(round(accuracy * samples))} of {count(samples)}"


def _table(caption: str, figures: Figures) -> FigureTable:
    metrics = tuple(dict.fromkeys(metric for values in figures.values() for metric in values))
    rows = [
        (split, *(measured(metric, values[metric]) if metric in values else "" for metric in metrics))
        for split, values in figures.items()
        if values
    ]
    return FigureTable(caption, metrics, tuple(rows))
