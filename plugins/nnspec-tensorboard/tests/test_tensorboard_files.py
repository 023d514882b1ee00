"""What the reporter writes is what TensorBoard's own reader finds."""

from pathlib import Path
from typing import Any

import pytest
from nnspec_tensorboard.tensorboard import TensorBoard, scalars

import nnspec
from nnspec.testing import check_reporter

SPEC = Path(__file__).parents[1] / "specs" / "xor_tensorboard.yaml"
EPOCHS = 3


def read(folder: Path) -> Any:
    """The events of a folder."""
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="reads what was written: pip install 'nnspec-tensorboard[test]'",
    )
    events = reader.EventAccumulator(str(folder))
    events.Reload()
    return events


def run(folder: Path, *settings: str) -> Any:
    """A short run in a folder."""
    return nnspec.run(nnspec.load(SPEC, [f"train.epochs={EPOCHS}", *settings]), out=folder)


@pytest.mark.parametrize("reporter", [TensorBoard(), TensorBoard(histograms=False, folder="events")], ids=repr)
def test_it_keeps_the_contract(reporter: TensorBoard) -> None:
    check_reporter(reporter)


def test_tensorboard_reads_the_figures_of_run_json(tmp_path: Path) -> None:
    done = run(tmp_path / "run")
    events = read(tmp_path / "run" / "tensorboard")
    costs = events.Scalars("cost/train")
    assert [event.step for event in costs] == list(range(1, EPOCHS + 1))
    assert costs[-1].value == pytest.approx(done.facts["metrics"]["train"]["cost"], rel=1e-6)
    assert "seconds" in events.Tags()["scalars"]


def test_tensorboard_reads_the_distribution_of_every_parameter(tmp_path: Path) -> None:
    run(tmp_path / "run")
    events = read(tmp_path / "run" / "tensorboard")
    assert sorted(events.Tags()["histograms"]) == ["layers.0.W", "layers.0.b", "layers.1.W", "layers.1.b"]
    histogram = events.Histograms("layers.0.W")[-1]
    assert histogram.step == EPOCHS
    assert histogram.histogram_value.num == 8


def test_tensorboard_reads_how_the_run_ended(tmp_path: Path) -> None:
    run(tmp_path / "run")
    events = read(tmp_path / "run" / "tensorboard")
    (tag,) = events.Tags()["tensors"]
    assert tag.startswith("status")
    assert b"finished" in events.Tensors(tag)[0].tensor_proto.string_val[0]


def test_histograms_can_be_left_out_and_the_folder_named(tmp_path: Path) -> None:
    run(tmp_path / "run", "reporters=[{tensorboard: {folder: events, histograms: false}}]")
    events = read(tmp_path / "run" / "events")
    assert events.Tags()["histograms"] == []
    assert len(events.Scalars("cost/train")) == EPOCHS


def test_figures_are_named_by_metric_then_split_and_tables_are_left_out() -> None:
    metrics: dict[str, dict[str, Any]] = {
        "train": {"cost": 1},
        "test": {"cost": 0.5, "confusion": [[1, 2], [3, 4]]},
    }
    assert list(scalars(metrics)) == [("cost/train", 1.0), ("cost/test", 0.5)]
