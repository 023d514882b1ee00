"""The shipped specs: each is valid, says the same when written out, and runs."""

import json
from pathlib import Path
from runpy import run_path

import pytest

from nnspec.cli.main import main
from nnspec.spec.schema import modeline
from nnspec.spec.specification import load, parse

SPECS = Path(__file__).parents[2] / "specs"
ALL = sorted(SPECS.glob("*.yaml"))
TABLES = ["flats_regression", "machines_classification"]
TOYS = ["circles", "clusters", "moons", "spirals", "xor", *TABLES]
FASHION = Path("/usr/share/datasets/fashion-mnist")


def test_there_are_specs() -> None:
    assert {path.stem for path in ALL} >= {*TOYS, "mnist_784_30_10", "fashion_784_128_64_10"}


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_spec_is_named_after_its_file_and_explains_itself(path: Path) -> None:
    spec = load(path)
    assert spec.document.name == path.stem
    assert spec.document.description
    assert spec.document.expect
    first, *others = path.read_text("utf-8").splitlines()
    assert first.startswith("# ")
    assert modeline("../docs/nnspec.schema.json") in others


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_the_resolved_spec_reads_back_as_the_same_spec(path: Path) -> None:
    spec = load(path)
    again = parse(spec.to_yaml())
    assert again.resolved() == spec.resolved()
    assert again.to_yaml() == spec.to_yaml()


def test_check_passes_on_the_specs_that_take_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit = tmp_path / "junit.xml"
    assert main(["check", *(str(SPECS / f"{name}.yaml") for name in TOYS), "--junit", str(junit)]) == 0
    table = capsys.readouterr().out
    assert table.count("passed") == 10  # xor and the tables have two expectations each
    assert junit.read_text("utf-8").count("<testcase") == 10


@pytest.mark.parametrize("path", [path for path in ALL if path.stem not in TOYS], ids=lambda path: path.stem)
def test_the_larger_specs_train_an_epoch_on_a_part_of_their_data(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if path.stem.startswith("fashion") and not FASHION.is_dir():
        pytest.skip("needs Fashion-MNIST: apt-get install dataset-fashion-mnist")
    loader = next(iter(load(path).resolved()["dataset"]))
    settings = ["train.epochs=1", f"dataset.{loader}.limit=200"]
    flags = [word for setting in settings for word in ("--set", setting)]
    assert main(["run", str(path), "-o", str(tmp_path / "run"), "--offline", "--json", *flags]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["status"] == "finished"
    assert facts["epochs"] == 1
    expected = next(iter(load(path).document.expect)).removeprefix("test.")
    assert 0 <= facts["metrics"]["test"][expected] <= 1
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000


def test_the_tables_are_what_their_script_makes() -> None:
    folder = SPECS.parent / "datasets" / "tables"
    made = run_path(str(folder / "make.py"))["TABLES"]
    assert {path.name for path in folder.glob("*.csv")} == set(made)
    for name, make in made.items():
        assert make() == (folder / name).read_text("utf-8")
