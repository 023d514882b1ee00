"""Points: samples of two inputs over the regions of answers, and predictions against targets."""

from dataclasses import dataclass

import numpy as np

from nnspec.report.axes import linear, tight
from nnspec.report.evidence import Mistakes, Plane, Predictions
from nnspec.report.facts import Run
from nnspec.report.pictures import Colour, region_uri
from nnspec.report.svg import Drawing, Plot
from nnspec.report.wording import certainty, count, figure, listing
from nnspec.types import Array

COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (120, 94, 200),
    (140, 86, 75),
    (128, 128, 128),
    (160, 165, 30),
)
"""Colours of classes, apart also for the colour-blind, and visible on white and on black."""
WIDTH = 480.0
LEFT, TOP, RIGHT, BOTTOM = 58.0, 30.0, 14.0, 48.0
OUTPUTS = 4
"""So many outputs of a regression are shown."""


@dataclass(frozen=True)
class Fit:
    """How one output of a regression answers.

    Attributes:
        drawing: Predictions against targets.
        summary: How well they agree, in a sentence.
    """

    drawing: Drawing | None
    summary: str


def class_colour(number: int) -> str:
    """Colour of a class; after the last comes the first again."""
    return "#{:02x}{:02x}{:02x}".format(*COLOURS[number % len(COLOURS)])


def plane_chart(run: Run, plane: Plane, mistakes: Mistakes | None) -> Drawing:
    """Samples over the regions in which each class is answered; rings are the worst mistakes."""
    left, right, bottom, top = plane.bounds
    numbers = np.unique(plane.classes).tolist()
    names = listing([run.class_name(number) for number in numbers])
    description = (
        f"{count(len(plane.points))} samples of the classes {names}, each a point in the colour of its class, "
        "over regions in the colour of the class that is answered there."
    )
    width = WIDTH - LEFT - RIGHT
    height = width * min(1.0, max(0.6, (top - bottom) / (right - left)))
    drawing = Drawing("plane", (WIDTH, TOP + height + BOTTOM), "Samples and regions of answers", description)
    plot = Plot(drawing, (LEFT, TOP), (width, height), tight(left, right), tight(bottom, top))
    drawing.image("region", (LEFT, TOP), (width, height), region_uri(plane.region, COLOURS))
    names_of_inputs = run.data.features if len(run.data.features) == 2 else ("x1", "x2")
    plot.frame(*names_of_inputs)
    for number in numbers:
        drawing.path("point", _dots(plot, plane.points[plane.classes == number]), class_colour(number))
    if mistakes is not None:
        _ring(plot, run, mistakes)
    return drawing


def fits(predictions: Predictions) -> list[Fit]:
    """The first outputs of a regression, each with a chart."""
    pairs = zip(predictions.targets.T[:OUTPUTS], predictions.outputs.T[:OUTPUTS], strict=True)
    return [_fit(index, targets, outputs) for index, (targets, outputs) in enumerate(pairs)]


def _fit(index: int, targets: Array, outputs: Array) -> Fit:
    finite = np.isfinite(targets) & np.isfinite(outputs)
    lost = f" {count(int((~finite).sum()))} are not finite and left out." if not finite.all() else ""
    if not finite.any():
        return Fit(None, f"Output {index + 1}: no prediction is a finite number.")
    targets, outputs = targets[finite], outputs[finite]
    error = float(np.sqrt(np.mean((outputs - targets) ** 2)))
    spread = float(np.mean((targets - targets.mean()) ** 2))
    explained = f", R² {1 - error**2 / spread:.4f}" if spread > 0 else ""
    summary = (
        f"Output {index + 1}: over {count(len(targets))} samples the root mean square error is {figure(error)}"
        f"{explained}.{lost}"
    )
    low, high = float(min(targets.min(), outputs.min())), float(max(targets.max(), outputs.max()))
    scale = linear(low, high)
    width = WIDTH - LEFT - RIGHT
    drawing = Drawing(
        f"fit-{index + 1}", (WIDTH, TOP + 0.8 * width + BOTTOM), f"Predictions of output {index + 1}", summary
    )
    plot = Plot(drawing, (LEFT, TOP), (width, 0.8 * width), scale, scale)
    plot.frame("target", "predicted")
    drawing.line("ideal", plot.at(scale.low, scale.low), plot.at(scale.high, scale.high))
    drawing.path("point", _dots(plot, np.stack([targets, outputs], axis=1)), class_colour(0))
    return Fit(drawing, summary)


def _ring(plot: Plot, run: Run, mistakes: Mistakes) -> None:
    for index, (x, y) in enumerate(mistakes.inputs.reshape(len(mistakes), 2).tolist()):
        hint = (
            f"was {run.class_name(mistakes.classes[index])}, answered {run.class_name(mistakes.answers[index])}, "
            f"{certainty(mistakes.certainties[index])}"
        )
        plot.drawing.circle("mistake", plot.at(x, y), 6, hint)


def _dots(plot: Plot, points: Array) -> str:
    """A path of dots: lines of no length, which the style sheet gives round ends."""
    return "".join(f"{plot.command('M', x, y)}h0" for x, y in points.tolist())
