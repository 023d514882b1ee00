"""Learning curves: one chart a metric, one line a split, over the epochs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnspec.report.axes import fitting, whole
from nnspec.report.facts import Best, Epoch, Run
from nnspec.report.svg import Drawing, Plot
from nnspec.report.wording import is_share, listing, measured, metric_name, plural

SIZE = (480.0, 318.0)
CORNER = (58.0, 50.0)
PLOT = (330.0, 222.0)
ORDER = ("train", "validation", "test")
DOTTED = 40
"""Up to so many epochs each has a dot that tells its figure."""
BUCKETS = 240
"""Of longer trainings the extremes of so many stretches are drawn; more could not be seen."""
LABEL_GAP = 14.0
LETTER = 7.5
"""About as wide as a letter is."""
HUGE = 1e300
"""Beyond this a figure counts as not finite: differences of such figures overflow."""

Points = list[tuple[int, float]]


@dataclass(frozen=True)
class Series:
    """A metric of one split.

    Attributes:
        split: Its name.
        points: Epoch and figure; figures may be NaN.
    """

    split: str
    points: Points

    @property
    def finite(self) -> Points:
        """The points that can be drawn."""
        return [(epoch, value) for epoch, value in self.points if math.isfinite(value)]


@dataclass(frozen=True)
class Curves:
    """A chart of one metric.

    Attributes:
        metric: Its name.
        series: What is drawn.
        drawing: The picture; None where no figure is finite.
        note: What the picture cannot show.
    """

    metric: str
    series: tuple[Series, ...]
    drawing: Drawing | None
    note: str


def learning_curves(run: Run) -> list[Curves]:
    """The charts of a run, cost first; none where no epoch was completed."""
    return [_curves(metric, _series(metric, run.history), run.best) for metric in _metrics(run.history)]


def _metrics(history: Sequence[Epoch]) -> list[str]:
    """The metrics in the order of a reader's interest: cost and what judges held-out data, then the rest."""
    found: dict[str, int] = {}
    for epoch in history:
        for figures in epoch.figures.values():
            for metric in figures:
                found[metric] = max(found.get(metric, 0), sum(metric in other for other in epoch.figures.values()))
    return sorted(found, key=lambda metric: (metric != "cost", -min(found[metric], 2)))


def _series(metric: str, history: Sequence[Epoch]) -> tuple[Series, ...]:
    splits = {split for epoch in history for split, figures in epoch.figures.items() if metric in figures}
    ordered = sorted(splits, key=lambda split: (ORDER.index(split) if split in ORDER else len(ORDER), split))
    return tuple(
        Series(split, [(epoch.number, _figure(epoch, split, metric)) for epoch in history]) for split in ordered
    )


def _figure(epoch: Epoch, split: str, metric: str) -> float:
    value = epoch.figures.get(split, {}).get(metric, math.nan)
    return value if abs(value) < HUGE else math.nan


def _curves(metric: str, series: tuple[Series, ...], best: Best | None) -> Curves:
    lost = [
        f"{line.split} in {plural(len(line.points) - len(line.finite), 'epoch')}"
        for line in series
        if len(line.finite) < len(line.points)
    ]
    note = f"Not finite, and so not drawn: {listing(lost)}." if lost else ""
    drawing = _draw(metric, series, best) if any(line.finite for line in series) else None
    return Curves(metric, series, drawing, note)


def _draw(metric: str, series: tuple[Series, ...], best: Best | None) -> Drawing:
    epochs = [epoch for epoch, _ in series[0].points]
    values = [value for line in series for _, value in line.finite]
    title = f"{metric_name(metric).capitalize()} by epoch"
    drawing = Drawing(f"curves-{metric}", SIZE, title, _description(metric, series, best))
    y = fitting(values, share=is_share(metric))
    plot = Plot(drawing, CORNER, PLOT, whole(epochs[0], epochs[-1]), y)
    name = metric_name(metric) + (" (logarithmic)" if y.logarithmic else "")
    plot.frame("epoch", name)
    if best is not None and epochs[0] <= best.epoch <= epochs[-1]:
        _mark_best(plot, best.epoch, clear_of=12 + LETTER * len(name))
    for line in series:
        _draw_line(plot, metric, line)
    _draw_labels(plot, series)
    _draw_legend(drawing, metric, series)
    if best is not None:
        _ring_best(plot, metric, series, best)
    return drawing


def _description(metric: str, series: Sequence[Series], best: Best | None) -> str:
    sentences = []
    for line in series:
        if line.finite:
            (first, start), (last, end) = line.finite[0], line.finite[-1]
            change = f"from {measured(metric, start)} in epoch {first} to {measured(metric, end)} in epoch {last}"
            sentences.append(f"{line.split}: {change}.")
    if best is not None:
        sentences.append(f"The best epoch by {metric_name(best.monitor)} is {best.epoch}.")
    return " ".join(sentences)


def _draw_line(plot: Plot, metric: str, line: Series) -> None:
    style = f"line {_style(line.split)}"
    points = thinned(line.points)
    commands, pen_is_down = [], False
    for index, (epoch, value) in enumerate(points):
        if not math.isfinite(value):
            pen_is_down = False
            continue
        follows = index + 1 < len(points) and math.isfinite(points[index + 1][1])
        if pen_is_down or follows:
            commands.append(plot.command("L" if pen_is_down else "M", epoch, value))
        if len(line.points) <= DOTTED or not (pen_is_down or follows):
            hint = f"epoch {epoch}, {line.split}: {measured(metric, value)}"
            plot.drawing.circle(f"dot {_style(line.split)}", plot.at(epoch, value), 2.6, hint)
        pen_is_down = True
    if commands:
        plot.drawing.path(style, "".join(commands))


def thinned(points: Points) -> Points:
    """The lowest and the highest point of each stretch, in order, where there are more than can be seen."""
    if len(points) <= 2 * BUCKETS:
        return points
    inner = points[1:-1]
    kept = points[:1]
    for bucket in range(BUCKETS):
        stretch = inner[bucket * len(inner) // BUCKETS : (bucket + 1) * len(inner) // BUCKETS]
        finite = sorted((value, epoch) for epoch, value in stretch if math.isfinite(value))
        kept += sorted({(epoch, value) for value, epoch in (*finite[:1], *finite[-1:])})
        if len(finite) < len(stretch):
            kept.append((stretch[-1][0], math.nan))
    return kept + points[-1:]


def _mark_best(plot: Plot, epoch: int, clear_of: float) -> None:
    """A line at the best epoch, its name to the right of where the upright axis has its own."""
    _, bottom = plot.at(epoch, plot.y.low)
    across, top = plot.at(epoch, plot.y.high)
    plot.drawing.line("best", (across, top - 6), (across, bottom))
    on_the_right = plot.x.share(epoch) > 0.5
    place = across + 4 if on_the_right else max(across - 4, clear_of)
    plot.drawing.text("best-name", (place, top - 12), f"best epoch {epoch}", "end" if on_the_right else "start")


def _ring_best(plot: Plot, metric: str, series: Sequence[Series], best: Best) -> None:
    for line in series:
        value = dict(line.points).get(best.epoch, math.nan)
        if f"{line.split}.{metric}" == best.monitor and math.isfinite(value):
            hint = f"best epoch {best.epoch}, {line.split}: {measured(metric, value)}"
            plot.drawing.circle(f"ring {_style(line.split)}", plot.at(best.epoch, value), 5.5, hint)


def _draw_labels(plot: Plot, series: Sequence[Series]) -> None:
    """The names of the lines at their ends, moved apart where they would meet."""
    ends = [(plot.at(*line.finite[-1]), line.split) for line in series if line.finite]
    bottom = plot.corner[1] + plot.size[1]
    ends.sort(key=lambda end: end[0][1])
    heights = [height for (_, height), _ in ends]
    for index in range(1, len(heights)):
        heights[index] = max(heights[index], heights[index - 1] + LABEL_GAP)
    for index in reversed(range(len(heights))):
        limit = bottom if index == len(heights) - 1 else heights[index + 1] - LABEL_GAP
        heights[index] = min(heights[index], limit)
    right = plot.corner[0] + plot.size[0]
    for (_, split), height in zip(ends, heights, strict=True):
        plot.drawing.text(f"label {_style(split)}", (right + 8, height + 4), split)


def _draw_legend(drawing: Drawing, metric: str, series: Sequence[Series]) -> None:
    """How each line is drawn, and where it ended."""
    x = 4.0
    for line in series:
        text = f"{line.split} {measured(metric, line.finite[-1][1])}" if line.finite else line.split
        drawing.path(f"line {_style(line.split)}", f"M{x:g} 14h22")
        drawing.text("legend", (x + 28, 18), text)
        x += 44 + LETTER * len(text)


def _style(split: str) -> str:
    return split if split in ORDER else "other"
