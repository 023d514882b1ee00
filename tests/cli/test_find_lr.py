"""`nnspec find-lr`: a table, a picture, a suggestion, and nothing left behind."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from nnspec.cli.main import main

Output = pytest.CaptureFixture[str]
SVG = "{http://www.w3.org/2000/svg}"


def test_it_prints_a_table_and_a_suggestion_with_its_rule_and_leaves_no_folder(
    crescents: str, tmp_path: Path, capsys: Output
) -> None:
    assert main(["find-lr", crescents, "--offline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["rate", "cost", "smoothed"]
    rows = [line.split() for line in lines[2 : lines.index("")]]
    rates = [float(rate) for rate, _, _ in rows]
    assert rates == sorted(rates)
    assert rates[0] == 1e-6
    assert 15 <= len(rows) <= 51
    assert lines[-1].startswith("suggested learning rate: 0.")
    assert lines[-1].endswith("lowest); the spec has 0.1")
    assert [path.name for path in tmp_path.iterdir()] == ["moons.yaml"]


def test_as_json_it_has_every_step(crescents: str, capsys: Output) -> None:
    assert main(["find-lr", crescents, "--json", "--from", "1e-3", "--to", "0.1", "--steps", "50"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["points"]) == 50
    assert facts["points"][0]["rate"] == pytest.approx(1e-3)
    assert facts["points"][-1]["rate"] == pytest.approx(0.1)
    assert facts["lowest"] in facts["points"]
    assert facts["suggestion"] == pytest.approx(facts["lowest"]["rate"] / 10, rel=0.05)
    assert not facts["diverged"]
    assert main(["find-lr", crescents, "--json", "--from", "1e-3", "--to", "0.1", "--steps", "50"]) == 0
    assert json.loads(capsys.readouterr().out) == facts


def test_the_picture_is_svg_and_marks_the_suggestion(crescents: str, tmp_path: Path, capsys: Output) -> None:
    assert main(["find-lr", crescents, "-o", "rates.svg", "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "written to rates.svg\n"
    suggestion = json.loads(captured.out)["suggestion"]
    root = ET.parse(tmp_path / "rates.svg").getroot()
    assert root.tag == f"{SVG}svg"
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert f"suggested: {suggestion:g}" in texts
    assert {path.get("class") for path in root.iter(f"{SVG}path")} == {"step", "smoothed"}
    commands = " ".join(path.get("d", "") for path in root.iter(f"{SVG}path"))
    places = [float(number) for number in commands.replace("L", " ").replace("M", " ").split()]
    assert min(places) >= 0
    assert max(places) <= 480


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "0"], "--from 0 --to 100: rates rise from one above 0 to a higher one"),
        (["--from", "1", "--to", "0.1"], "--from 1 --to 0.1: rates rise"),
        (["--to", "inf"], "--to inf: rates rise"),
        (["--from", "nan"], "--from nan"),
        (["--steps", "1"], "--steps 1: a sweep takes at least 2 steps"),
        (["-o", "rates.pdf"], "rates.pdf: the plot is an SVG picture; name a file that ends in .svg"),
        (["-o", "no/such/rates.svg"], "cannot be written"),
        (["--from", "1e300", "--to", "1e301"], "--from 1e+300: the cost leaves all bounds at once"),
    ],
)
def test_what_cannot_be_swept_is_refused(crescents: str, arguments: list[str], said: str, capsys: Output) -> None:
    assert main(["find-lr", crescents, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_cost_that_never_falls_is_no_reason_to_suggest_anything(crescents: str, capsys: Output) -> None:
    assert main(["find-lr", crescents, "--from", "1e-12", "--to", "1e-10", "--steps", "20"]) == 0
    assert "no suggestion: the cost never fell" in capsys.readouterr().out


def test_a_cost_that_still_falls_at_the_end_asks_for_more(crescents: str, capsys: Output) -> None:
    assert main(["find-lr", crescents, "--from", "1e-3", "--to", "1e-2", "--steps", "60"]) == 0
    assert "still falling at the last rate: sweep further with --to" in capsys.readouterr().out
