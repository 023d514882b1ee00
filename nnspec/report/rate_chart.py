"""A sweep of learning rates as a picture: the cost of each step and its smoothed course, over the rate."""

from collections.abc import Sequence

from nnspec.report.axes import Scale, fitting, logarithmic
from nnspec.report.svg import Drawing, Plot
from nnspec.report.wording import figure

SIZE = (480.0, 318.0)
CORNER = (58.0, 50.0)
PLOT = (400.0, 222.0)
STYLE = """
svg { background: #ffffff; color-scheme: light; }
text { fill: #16191f; font: 12.5px system-ui, "Segoe UI", Roboto, sans-serif; }
.tick, .name, .best-name { fill: #5a6270; }
.grid { stroke: #dfe3e8; }
.axis { stroke: #5a6270; }
.best { stroke: #117a43; stroke-dasharray: 3 3; }
.step { fill: none; stroke: #b8c0cc; stroke-width: 1; stroke-linejoin: round; }
.smoothed { fill: none; stroke: #1f4fd1; stroke-width: 2; stroke-linejoin: round; }
"""


def rate_chart(
    rates: Sequence[float], costs: Sequence[float], smoothed: Sequence[float], suggestion: float | None
) -> bytes:
    """The picture as an SVG file.

    Args:
        rates: Learning rates of the steps, above 0 and rising.
        costs: The cost of each step.
        smoothed: The same, smoothed.
        suggestion: The rate to be marked, if any.
    """
    description = f"The cost over learning rates from {figure(rates[0])} to {figure(rates[-1])}."
    if suggestion is not None:
        description += f" A rate of {figure(suggestion)} is suggested."
    drawing = Drawing("rates", SIZE, "Cost by learning rate", description)
    plot = Plot(drawing, CORNER, PLOT, logarithmic(rates[0], rates[-1]), _within(smoothed))
    plot.frame("learning rate (logarithmic)", "cost")
    if suggestion is not None and plot.x.low <= suggestion <= plot.x.high:
        across, top = plot.at(suggestion, plot.y.high)
        drawing.line("best", (across, top - 6), (across, CORNER[1] + PLOT[1]))
        drawing.text("best-name", (across, top - 12), f"suggested: {figure(suggestion)}", "middle")
    drawing.path("step", _course(plot, rates, costs))
    drawing.path("smoothed", _course(plot, rates, smoothed))
    return drawing.file(STYLE)


def _within(smoothed: Sequence[float]) -> Scale:
    """A scale on which the fall is seen, however high the cost climbs in the end."""
    first, lowest = smoothed[0], min(smoothed)
    return fitting([lowest, min(max(smoothed), first + (first - lowest))] if lowest < first else smoothed)


def _course(plot: Plot, rates: Sequence[float], costs: Sequence[float]) -> str:
    """A line through the points, those beyond the scale at its edge."""
    held = [min(max(cost, plot.y.low), plot.y.high) for cost in costs]
    pairs = enumerate(zip(rates, held, strict=True))
    return "".join(plot.command("L" if number else "M", rate, cost) for number, (rate, cost) in pairs)
