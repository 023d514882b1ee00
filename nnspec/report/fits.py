"""How the outputs of a regression answer: predictions against targets, and what is left over."""

from dataclasses import dataclass

import numpy as np

from nnspec.report.axes import Scale, linear
from nnspec.report.evidence import Predictions
from nnspec.report.scatter import BOTTOM, LEFT, RIGHT, TOP, WIDTH, class_colour, dots
from nnspec.report.svg import Drawing, Plot
from nnspec.report.wording import count, figure
from nnspec.types import Array

OUTPUTS = 4
"""So many outputs are shown."""
STEEPNESS = 0.8
"""Height of a chart as a share of its width."""


@dataclass(frozen=True)
class Fit:
    """How one output of a regression answers.

    Attributes:
        drawing: Predictions against targets; None where no prediction is a number.
        residuals: What is left over, predicted less target, against predictions.
        summary: How well they agree, in a sentence.
    """

    drawing: Drawing | None
    residuals: Drawing | None
    summary: str


def fits(predictions: Predictions, names: tuple[str, ...]) -> list[Fit]:
    """The first outputs of a regression, each with its charts.

    Args:
        predictions: Targets and outputs.
        names: What the outputs are called, if they have names.
    """
    named = names if len(names) == predictions.targets.shape[1] else ()
    pairs = zip(predictions.targets.T[:OUTPUTS], predictions.outputs.T[:OUTPUTS], strict=True)
    return [
        _fit(index, named[index] if named else f"Output {index + 1}", targets, outputs)
        for index, (targets, outputs) in enumerate(pairs)
    ]


def _fit(index: int, name: str, targets: Array, outputs: Array) -> Fit:
    finite = np.isfinite(targets) & np.isfinite(outputs)
    lost = f" {count(int((~finite).sum()))} are not finite and left out." if not finite.all() else ""
    if not finite.any():
        return Fit(None, None, f"{name}: no prediction is a finite number.")
    targets, outputs = targets[finite], outputs[finite]
    left_over = outputs - targets
    error = float(np.sqrt(np.mean(left_over**2)))
    spread = float(np.mean((targets - targets.mean()) ** 2))
    explained = f", R² {1 - error**2 / spread:.4f}" if spread > 0 else ""
    summary = (
        f"{name}: over {count(len(targets))} samples the root mean square error is {figure(error)}{explained}, "
        f"the mean of what is left over {figure(float(left_over.mean()))}.{lost}"
    )
    both = linear(float(min(targets.min(), outputs.min())), float(max(targets.max(), outputs.max())))
    compared = _chart((f"fit-{index + 1}", f"Predictions of {name}", summary), (targets, outputs), (both, both))
    compared.frame("target", "predicted")
    compared.drawing.line("ideal", compared.at(both.low, both.low), compared.at(both.high, both.high))
    furthest = float(np.abs(left_over).max())
    across = linear(float(outputs.min()), float(outputs.max()))
    about = (f"residuals-{index + 1}", f"What is left over of {name}", "Predicted less target, by the prediction.")
    rest = _chart(about, (outputs, left_over), (across, linear(-furthest, furthest)))
    rest.frame("predicted", "predicted less target")
    rest.drawing.line("ideal", rest.at(across.low, 0), rest.at(across.high, 0))
    return Fit(compared.drawing, rest.drawing, summary)


def _chart(about: tuple[str, str, str], points: tuple[Array, Array], scales: tuple[Scale, Scale]) -> Plot:
    """Points in a plot without a frame; `about` is the drawing's identity, title and description."""
    identity, title, description = about
    width = WIDTH - LEFT - RIGHT
    drawing = Drawing(identity, (WIDTH, TOP + STEEPNESS * width + BOTTOM), title, description)
    plot = Plot(drawing, (LEFT, TOP), (width, STEEPNESS * width), *scales)
    drawing.path("point", dots(plot, np.stack(points, axis=1)), class_colour(0))
    return plot
