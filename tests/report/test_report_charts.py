"""Charts: round ticks, curves that keep to the figures, gaps where there is no figure."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnspec.report import write_report
from nnspec.report.axes import fitting, linear, logarithmic, shares, tight, whole
from nnspec.report.curves import thinned

from .by_hand import MakeRun, Page


def test_linear_ticks_are_round_and_hold_the_figures() -> None:
    scale = linear(0.0, 0.145)
    assert scale.texts == ("0", "0.05", "0.10", "0.15")
    assert scale.share(0.0) == 0
    assert scale.share(0.15) == pytest.approx(1)


def test_negative_figures_get_ticks_on_both_sides() -> None:
    assert linear(-120.0, 80.0).texts == ("-150", "-100", "-50", "0", "50", "100")


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0.0, 0.0),
        (5.0, 5.0),
        (-2.0, -2.0),
        (1.0, 1.0 + 1e-15),
        (5e-324, 5e-324),
        (1e-320, 1e-318),
        (-1e299, 1e299),
    ],
)
def test_every_pair_of_figures_has_a_scale(low: float, high: float) -> None:
    scale = linear(low, high)
    assert scale.low < scale.high
    assert 0 <= scale.share(low) <= scale.share(high) <= 1
    assert 2 <= len(scale.ticks) <= 12


def test_shares_are_told_in_percent_and_end_at_a_hundred() -> None:
    assert shares(0.91, 1.0).texts[-1] == "100\N{NO-BREAK SPACE}%"
    assert shares(1.0, 1.0).high == 1
    assert shares(0.0, 0.0).low == 0


def test_figures_that_span_decades_get_a_logarithmic_scale() -> None:
    scale = fitting([0.003, 0.7])
    assert scale.logarithmic
    assert scale.texts == ("0.001", "0.01", "0.1", "1")
    assert scale.share(0.01) == pytest.approx(1 / 3)
    assert not fitting([0.03, 0.7]).logarithmic
    assert len(logarithmic(1e-320, 1e299).ticks) <= 7


def test_a_scale_that_nearly_reaches_zero_does() -> None:
    assert fitting([0.04, 0.14]).low == 0
    assert fitting([0.10, 0.14]).low == pytest.approx(0.10)


def test_epochs_get_whole_ticks_from_the_first_on() -> None:
    assert whole(1, 30).texts == ("1", "5", "10", "15", "20", "25", "30")
    assert whole(1, 500).texts == ("1", "100", "200", "300", "400", "500")
    assert whole(1, 2).texts == ("1", "2")
    assert whole(7, 7).texts == ("7",)
    assert whole(7, 7).share(7) == 0.5


def test_a_tight_scale_ends_where_the_figures_do() -> None:
    scale = tight(-0.13, 1.07)
    assert (scale.low, scale.high) == (-0.13, 1.07)
    assert scale.texts == ("0", "0.5", "1.0")


def test_thinning_keeps_the_ends_the_extremes_and_the_gaps() -> None:
    points = [(number, math.sin(number)) for number in range(1, 5001)]
    points[1234] = (1235, 1e6)
    points[3333] = (3334, math.nan)
    kept = thinned(points)
    assert len(kept) < 1000
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert (1235, 1e6) in kept
    assert sum(math.isnan(value) for _, value in kept) == 1
    assert [epoch for epoch, _ in kept] == sorted(epoch for epoch, _ in kept)
    assert thinned(points[:400]) == points[:400]


def curve(seen: Page, split: str) -> list[tuple[float, float]]:
    """The longest path drawn for a split; the other is its sample in the legend."""
    paths = [path["d"] for path in seen.all("path") if path["class"] == f"line {split}" and "h22" not in path["d"]]
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", paths[0])]


def test_a_curve_goes_through_its_figures(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    history = [{"epoch": number, "test": {"cost": cost}} for number, cost in ((1, 1.0), (2, 0.5), (3, 0.0))]
    folder = make_run(history=history, best=None, metrics={"test": {"cost": 0.0}})
    write_report(folder)
    (x1, y1), (x2, y2), (x3, y3) = curve(page(folder), "test")
    assert x2 - x1 == pytest.approx(x3 - x2)
    assert y2 - y1 == pytest.approx(y3 - y2)
    assert y1 < y3


def test_the_best_epoch_is_marked_with_a_line_and_a_ring(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    best = {"epoch": 2, "monitor": "test.accuracy", "value": 0.8, "metrics": {}}
    folder = make_run(best=best)
    write_report(folder)
    seen = page(folder)
    assert seen.text.count("best epoch 2") >= 2
    rings = [circle for circle in seen.all("circle") if circle["class"].startswith("ring")]
    lines = [line for line in seen.all("line") if line["class"] == "best"]
    assert len(rings) == 1
    assert len(lines) == 2
    assert rings[0]["cx"] == lines[1]["x1"]


def test_a_single_epoch_is_a_dot(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(epochs=1)
    write_report(folder)
    dots = [circle["class"] for circle in page(folder).all("circle") if circle["class"].startswith("dot")]
    assert dots == ["dot train", "dot test", "dot test"]


def test_five_hundred_epochs_stay_a_small_page(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(epochs=500)
    write_report(folder)
    assert len(curve(page(folder), "train")) > 200
    assert "Epochs as a table, 100 of 500" in page(folder).text
    assert (folder / "report.html").stat().st_size < 120_000


@pytest.mark.parametrize("lost", [math.nan, math.inf, None, 1e308])
def test_a_line_breaks_where_a_figure_is_not_finite(
    lost: Any, make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    costs = [1.0, 0.9, lost, 0.7, lost, 0.5, 0.4]
    history = [{"epoch": number, "test": {"cost": cost}} for number, cost in enumerate(costs, start=1)]
    folder = make_run(history=history, epochs=7, best=None)
    write_report(folder)
    seen = page(folder)
    paths = [path["d"] for path in seen.all("path") if path["class"] == "line test" and "h22" not in path["d"]]
    assert [path.count("M") for path in paths] == [2]
    assert len([circle for circle in seen.all("circle") if circle["class"] == "dot test"]) == 5
    assert "test in 2 epochs" in seen.text
    coordinates = "".join(paths)
    assert "nan" not in coordinates
    assert "inf" not in coordinates


def test_a_metric_that_never_was_finite_has_no_chart_but_a_sentence(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    history = [{"epoch": 1, "train": {"cost": math.nan}}]
    folder = make_run(history=history, epochs=1, best=None)
    write_report(folder)
    seen = page(folder)
    assert seen.all("svg") == []
    assert "cost: Not finite, and so not drawn: train in 1 epoch." in seen.text
