"""Run folders from strangers: links out of them are not followed, neither to read nor to write."""

import json
import os
from pathlib import Path

import pytest

from nnspec import load, open_run, run
from nnspec.api import Silent
from nnspec.errors import NnspecError, RunFolderError
from nnspec.report import write_report
from nnspec.runs.execution import execute
from nnspec.spec.specification import parse

SPEC = """\
nnspec: 1
name: linked
dataset: xor
input: 2
layers: [{dense: {units: 3, activation: tanh}}, {dense: {units: 1, activation: sigmoid}}]
cost: binary_cross_entropy
optimizer: {sgd: 0.5}
train: {epochs: 2}
"""
FILES = ("spec.yaml", "run.json", "metrics.jsonl", "evidence.npz", "checkpoints/last.safetensors", "checkpoints")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run, and beside it a place that is none of its business."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").write_text(SPEC)
    run("spec.yaml", out="run")
    (tmp_path / "private").mkdir()
    return tmp_path / "run"


def moved_out(folder: Path, name: str) -> Path:
    """Puts a file elsewhere, and a link in its place."""
    target = folder.parent / "private" / Path(name).name
    (folder / name).rename(target)
    (folder / name).symlink_to(target)
    return target


@pytest.mark.parametrize("name", FILES)
def test_a_link_out_of_the_folder_is_not_read(folder: Path, name: str) -> None:
    moved_out(folder, name)
    for use in (open_run, write_report):
        with pytest.raises(RunFolderError, match="is a link out of the run folder"):
            use(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_run_does_not_go_on_through_a_link(folder: Path, name: str) -> None:
    target = moved_out(folder, name)
    before = content(target)
    with pytest.raises(NnspecError, match="is a link out of the run folder"):
        run(load("spec.yaml", ["train.epochs=3"]), resume=folder)
    assert content(target) == before


def content(path: Path) -> object:
    return {file.name: file.read_bytes() for file in path.iterdir()} if path.is_dir() else path.read_bytes()


@pytest.mark.parametrize("name", [name for name in (*FILES, "report.html", "report.md") if name != "checkpoints"])
@pytest.mark.parametrize("suffix", ["", ".tmp"])
@pytest.mark.parametrize("dangling", [False, True])
def test_replacing_a_run_takes_links_away_and_leaves_what_they_lead_to(
    folder: Path, name: str, suffix: str, dangling: bool
) -> None:
    precious = folder.parent / "private" / "precious"
    if not dangling:
        precious.write_text("mine")
    (folder / (name + suffix)).unlink(missing_ok=True)
    (folder / (name + suffix)).symlink_to(precious)
    run("spec.yaml", out=folder, force=True)
    assert precious.exists() != dangling
    assert dangling or precious.read_text() == "mine"
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert open_run(folder).facts["status"] == "finished"


def test_a_run_is_not_begun_where_the_checkpoints_are_elsewhere(folder: Path) -> None:
    target = moved_out(folder, "checkpoints")
    before = content(target)
    with pytest.raises(RunFolderError, match="is a link; a run writes into its own folder only"):
        run("spec.yaml", out=folder, force=True)
    assert content(target) == before


def test_a_link_within_the_folder_and_a_link_to_the_folder_are_nobodys_harm(folder: Path) -> None:
    last = folder / "checkpoints" / "last.safetensors"
    last.rename(folder / "checkpoints" / "kept.safetensors")
    last.symlink_to("kept.safetensors")
    (folder.parent / "latest").symlink_to(folder)
    assert open_run(folder.parent / "latest").predict([[0.0, 1.0]]).outputs.shape == (1, 1)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(folder: Path) -> None:
    (folder / "metrics.jsonl").unlink()
    os.mkfifo(folder / "metrics.jsonl")
    for use in (open_run, write_report):
        with pytest.raises(RunFolderError, match="is no ordinary file"):
            use(folder)


def test_a_link_in_a_circle_is_an_error(folder: Path) -> None:
    (folder / "evidence.npz").unlink()
    (folder / "evidence.npz").symlink_to("evidence.npz")
    with pytest.raises(RunFolderError, match="a circle"):
        open_run(folder)


@pytest.mark.parametrize("name", ["../other/last", "/etc/passwd", "last.safetensors", "", "best\n"])
def test_a_checkpoint_is_named_not_a_path(folder: Path, name: str) -> None:
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(facts | {"checkpoint": name}))
    with pytest.raises(RunFolderError, match=r"run\.json: damaged: checkpoint"):
        open_run(folder)


def test_the_report_is_not_written_through_a_link(folder: Path) -> None:
    precious = folder.parent / "private" / "precious"
    precious.write_text("mine")
    for name in ("report.html", "report.html.tmp"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(precious)
    # What leads out is removed by whoever owns the folder; until then, nothing is read from it either.
    write_report(folder)
    assert precious.read_text() == "mine"
    assert not (folder / "report.html").is_symlink()


@pytest.mark.usefixtures("folder")
def test_runs_of_one_spec_in_the_same_second_do_not_share_a_folder() -> None:
    spec = parse(SPEC)
    paths = {execute(spec, None, Silent()).path for _ in range(3)}
    assert len(paths) == 3
