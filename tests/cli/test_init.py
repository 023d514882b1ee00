"""`nnspec init`: a first spec that is good, trains, and that an editor can help with."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnspec.cli.main import main
from nnspec.spec.specification import load
from nnspec.spec.starters import TEMPLATES


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    """A table of prices in the hundred thousands that follow from area and age."""
    random = np.random.default_rng(1)
    area, age = random.uniform(40, 200, 300), random.uniform(0, 80, 300)
    rows = [f"{a:.0f},{b:.0f},{3000 * a - 1500 * b + 50_000:.0f}" for a, b in zip(area, age, strict=True)]
    path = tmp_path / "houses.csv"
    path.write_text("\n".join(["area,age,price", *rows]) + "\n")
    return path


@pytest.mark.parametrize("template", TEMPLATES)
def test_beside_a_spec_goes_the_schema_that_its_comment_names(
    template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.yaml"
    assert main(["init", template, str(path)]) == 0
    assert str(tmp_path / "nnspec.schema.json") in capsys.readouterr().out
    lines = path.read_text("utf-8").splitlines()
    at = lines.index("# yaml-language-server: $schema=nnspec.schema.json")
    # In the head of the file, behind what explains it to people.
    assert at > 0
    assert all(line.startswith("#") for line in lines[:at])
    assert lines[at + 1] == "nnspec: 1"
    assert json.loads((tmp_path / "nnspec.schema.json").read_text("utf-8"))["properties"]["layers"]
    assert load(path).nodes


def test_a_spec_on_stdout_names_no_schema_since_none_stands_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    assert "$schema" not in capsys.readouterr().out


def test_a_first_spec_for_large_numbers_learns_them(
    houses: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "houses.yaml"
    assert main(["init", "tabular", str(path), "--data", str(houses), "--target", "price"]) == 0
    assert "1 number to predict" in capsys.readouterr().err
    assert main(["run", str(path), "-o", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["metrics"]["test"]["r2"] > 0.9


def test_a_file_that_comes_close_to_the_name_given_is_named(
    houses: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--data", str(tmp_path / "huoses.csv")]) == 2
    assert f"did you mean `{houses}`?" in capsys.readouterr().err
