"""Damaged folders: a page is made of what is left, and says what is missing."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnspec.errors import RunFolderError, StorageError
from nnspec.report import write_report
from nnspec.types import Array

from .by_hand import MakeRun, Page, default_evidence


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short", b"\x93NUMPY\x01\x00"])
def test_a_damaged_evidence_file_is_told(content: bytes, make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    (folder / "evidence.npz").write_bytes(content)
    write_report(folder)
    assert "evidence.npz is damaged" in page(folder).text
    assert "evidence.npz is damaged" in (folder / "report.md").read_text("utf-8")


def test_evidence_damaged_within_a_member_is_told(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    content = bytearray((folder / "evidence.npz").read_bytes())
    place = content.index(b"mistake_inputs.npy") + 120
    content[place : place + 40] = bytes(40)
    (folder / "evidence.npz").write_bytes(bytes(content))
    write_report(folder)
    assert "evidence.npz is damaged" in page(folder).text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("evidence.npz", "evidence.npz is missing"),
        ("metrics.jsonl", "metrics.jsonl is missing or empty"),
        ("spec.yaml", "spec.yaml cannot be read (No such file or directory)"),
        ("checkpoints/last.safetensors", "There is no checkpoint of epoch 3"),
    ],
)
def test_a_missing_file_is_told(name: str, told: str, make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    (folder / name).unlink()
    write_report(folder)
    assert told in page(folder).text
    assert "87.50" in page(folder).text


def test_a_torn_line_of_metrics_leaves_the_others(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 4, "tra')
    write_report(folder)
    assert "metrics.jsonl is damaged in line 4" in page(folder).text
    assert len(page(folder).all("svg")) == 2


@pytest.mark.parametrize("epoch", ["1" + "0" * 400, "-3"])
def test_epochs_that_no_training_has_are_left_out(
    make_run: MakeRun, page: Callable[[Path], Page], epoch: str
) -> None:
    folder = make_run()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(f'{{"epoch": {epoch}, "train": {{"cost": 1.0}}, "test": {{"cost": 1.0}}}}\n')
    write_report(folder)
    assert "metrics.jsonl is damaged in line 4" in page(folder).text
    assert len(page(folder).all("svg")) == 2


def test_evaluations_within_an_epoch_are_no_points_of_the_curves(make_run: MakeRun) -> None:
    folder = make_run()
    write_report(folder)
    before = (folder / "report.html").read_bytes()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "step": 50, "train": {"cost": 9.0}, "test": {"cost": 9.0}}\n')
    write_report(folder)
    assert (folder / "report.html").read_bytes() == before


def test_metrics_that_are_no_text_are_told(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    (folder / "metrics.jsonl").write_bytes(b"\xff\xfe\x00")
    write_report(folder)
    assert "metrics.jsonl cannot be read (it is no UTF-8)" in page(folder).text


def test_a_damaged_checkpoint_costs_the_tiles_only(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run()
    (folder / "checkpoints" / "last.safetensors").write_bytes(b"nothing of the kind")
    write_report(folder)
    seen = page(folder)
    assert "checkpoints/last.safetensors is damaged" in seen.text
    assert not any(image["alt"].startswith("Weights") for image in seen.all("img"))
    assert any(image["alt"].startswith("A sample") for image in seen.all("img"))


def test_weights_of_another_epoch_are_not_shown(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    folder = make_run(stands_for=2)
    write_report(folder)
    assert "There is no checkpoint of epoch 2" in page(folder).text
    assert not any(image["alt"].startswith("Weights") for image in page(folder).all("img"))


UNFIT: dict[str, tuple[str, Array, str]] = {
    "confusion": ("confusion", np.zeros((2, 3), np.int64), "a confusion of (2, 3) for 3 classes"),
    "lengths": ("mistake_classes", np.zeros(2, np.int64), "mistakes of different lengths"),
    "shape": ("mistake_inputs", np.zeros((5, 7), np.uint8), "mistakes of shape (7,)"),
    "words": ("mistake_inputs", np.full((5, 2), "x"), "mistakes of type <U1"),
    "points": ("points", np.zeros((40, 3)), "points of shape (40, 3)"),
    "region": ("region", np.zeros(3, np.int64), "a region of shape (3,)"),
    "bounds": ("region_bounds", np.array([0.0, np.nan, 0.0, 1.0]), "bounds that are no four numbers"),
    "order": ("region_bounds", np.array([1.0, 0.0, 0.0, 1.0]), "bounds in the wrong order"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_evidence_that_does_not_fit_the_run_is_left_out_and_told(
    case: str, make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    name, array, told = UNFIT[case]
    evidence = default_evidence((2,), ("a", "b", "c")) | {name: array}
    folder = make_run(shape=(2,), classes=("a", "b", "c"), evidence=evidence)
    write_report(folder)
    assert f"evidence.npz does not fit the run: {told}." in page(folder).text


def test_class_numbers_without_names_are_shown_as_numbers(make_run: MakeRun, page: Callable[[Path], Page]) -> None:
    evidence = default_evidence((1, 8, 8), ("a", "b", "c")) | {"mistake_answers": np.full(5, 99)}
    folder = make_run(evidence=evidence)
    write_report(folder)
    assert "answered 99" in page(folder).text


def test_a_run_json_that_lacks_what_may_be_lacking_still_makes_a_page(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    folder = make_run()
    facts = json.loads((folder / "run.json").read_text())
    for name in ("description", "activities", "warnings", "versions", "machine", "engine", "started", "spec_file"):
        del facts[name]
    (folder / "run.json").write_text(json.dumps(facts))
    write_report(folder)
    assert "87.50" in page(folder).text


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": "x"}', "{", '{"epochs": "many"}'])
def test_a_damaged_run_json_is_an_error_that_names_it(content: str, make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "run.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"run\.json: damaged, so nothing can be reported"):
        write_report(folder)
    assert not (folder / "report.html").exists()


def test_a_missing_run_json_is_an_error_that_names_it(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "run.json").unlink()
    with pytest.raises(RunFolderError, match=r"run\.json: cannot be read: No such file or directory"):
        write_report(folder)


def test_a_page_that_cannot_be_written_is_an_error_and_leaves_nothing(make_run: MakeRun) -> None:
    folder = make_run()
    (folder / "report.html").mkdir()
    with pytest.raises(StorageError, match=r"report\.html: cannot be written"):
        write_report(folder)
    assert not list(folder.glob("*.tmp"))


def test_a_network_that_makes_no_mistakes_is_not_called_damaged(
    make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    whole = default_evidence((2,), ("inner", "outer"))
    without = {name: array[:0] if name.startswith("mistake_") else array for name, array in whole.items()}
    folder = make_run(shape=(2,), classes=("inner", "outer"), evidence={**without, "confusion": np.diag([6, 4])})
    write_report(folder)
    for text in (page(folder).text, (folder / "report.md").read_text("utf-8")):
        assert "10 of 10 answers were right. There are no mistakes" in text
        assert "evidence.npz" not in text
        assert "Worst mistakes" not in text
    assert len(page(folder).all("svg")) == 3  # two curves, and the plane


@pytest.mark.parametrize("name", ["confusion", "points"])
def test_of_what_there_must_be_something_none_is_damage(
    name: str, make_run: MakeRun, page: Callable[[Path], Page]
) -> None:
    whole = default_evidence((2,), ("inner", "outer"))
    folder = make_run(shape=(2,), classes=("inner", "outer"), evidence={**whole, name: whole[name][:0]})
    write_report(folder)
    assert f"evidence.npz is damaged (`{name}` is empty" in page(folder).text
