"""Points: samples of two inputs over the regions of answers."""

import numpy as np

from nnspec.report.axes import tight
from nnspec.report.evidence import Mistakes, Plane
from nnspec.report.facts import Run
from nnspec.report.pictures import Colour, region_uri
from nnspec.report.svg import Drawing, Plot
from nnspec.report.wording import certainty, count, listing
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
        drawing.path("point", dots(plot, plane.points[plane.classes == number]), class_colour(number))
    if mistakes is not None:
        _ring(plot, run, mistakes)
    return drawing


def _ring(plot: Plot, run: Run, mistakes: Mistakes) -> None:
    for index, (x, y) in enumerate(mistakes.inputs.reshape(len(mistakes), 2).tolist()):
        hint = (
            f"was {run.class_name(mistakes.classes[index])}, answered {run.class_name(mistakes.answers[index])}, "
            f"{certainty(mistakes.certainties[index])}"
        )
        plot.drawing.circle("mistake", plot.at(x, y), 6, hint)


def dots(plot: Plot, points: Array) -> str:
    """A path of dots: lines of no length, which the style sheet gives round ends."""
    return "".join(f"{plot.command('M', x, y)}h0" for x, y in points.tolist())
