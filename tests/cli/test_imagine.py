"""`nnspec imagine`: heat maps of classes, and what the network says of them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.cli.main import main
from nnspec.runs.opened import OpenedRun

Output = pytest.CaptureFixture[str]
LINE = r"(\S+): answered (\S+) with [\d.<> ]+ %, then (\S+) with [\d.<> ]+ % \(by [\d.<> ]+ points\)"
CROPPED = """
nnspec: 1
name: cropped
dataset: {mnist: {limit: 200}}
transforms: [shift: 1, {pad: 1}, {crop: 20}, elastic, scale]
input: 400
layers: [{dense: {units: 10, activation: softmax}}]
cost: cross_entropy
optimizer: {adam: 0.01}
train: {epochs: 1, batch_size: 50}
"""


def test_a_class_by_name_gets_a_heat_map_in_the_run_folder(digits: Path, capsys: Output) -> None:
    """The file is a picture named after the class; the line says what came out, what second, by how much."""
    assert main(["imagine", str(digits), "3"]) == 0
    captured = capsys.readouterr()
    assert captured.err == f"written to {digits / 'imagine-3.png'}\n"
    with Image.open(digits / "imagine-3.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 448
    found = re.fullmatch(LINE, captured.out.strip())
    assert found is not None
    assert found[1] == "3"
    assert found[2] != found[3]


def test_ascent_shows_every_digit_as_the_network_wants_it(digits: Path, capsys: Output) -> None:
    """Without classes a sheet of all is drawn; each is answered as itself, and predict says the same of it."""
    assert main(["imagine", str(digits), "--method", "ascent", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == str(digits / "imagine-ascent.png")
    assert [one["class"] for one in found["classes"]] == list("0123456789")
    assert [one["answer"]["class"] for one in found["classes"]] == list("0123456789")
    samples = np.array([one["input"] for one in found["classes"]])
    assert samples.shape == (10, 1, 28, 28)
    assert samples.min() >= 0
    assert samples.max() <= 255
    for one, answer in zip(found["classes"], OpenedRun(digits).predict(samples), strict=True):
        assert one["answer"]["class"] == answer.name
        assert one["answer"]["certainty"] == pytest.approx(answer.certainty, abs=1e-4)


def test_points_have_no_picture_but_numbers(moons: Path, capsys: Output) -> None:
    """A network of coordinates says at which coordinate it is surest; nothing is drawn."""
    before = sorted(moons.iterdir())
    assert main(["imagine", str(moons), "--method", "ascent", "--offline"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for number, (answer, place) in enumerate(zip(lines[::2], lines[1::2], strict=True)):
        assert answer.startswith(f"{number}: answered {number} with ")
        point = [float(value) for value in place.removeprefix("  at ").split(", ")]
        assert OpenedRun(moons).predict(point).class_numbers.tolist() == [number]
    assert sorted(moons.iterdir()) == before
    assert main(["imagine", str(moons), "-o", "points.png"]) == 2
    assert "not trained on pictures" in capsys.readouterr().err


def test_columns_of_a_table_are_told_by_name(flowers: Path, capsys: Output) -> None:
    """What the network imagines of a lily is white."""
    assert main(["imagine", str(flowers), "lily", "--method", "ascent"]) == 0
    answer, place = capsys.readouterr().out.splitlines()
    assert answer.startswith("lily: answered lily with ")
    values = {name: float(value) for name, value in (cell.rsplit(" ", 1) for cell in place[5:].split(", "))}
    assert list(values) == ["petal", "colour=blue", "colour=red", "colour=white", "sepal"]
    assert max(values, key=lambda name: values[name]) == "colour=white"


def test_colour_pictures_are_drawn_in_their_colours(lamps: Path, tmp_path: Path) -> None:
    """The imagined green lamp is greener than anything else on the sheet."""
    file = tmp_path / "lamps.png"
    assert main(["imagine", str(lamps), "green", "--method", "ascent", "-o", str(file)]) == 0
    with Image.open(file) as picture:
        pixels = np.asarray(picture.convert("RGB"), float)[24:472, 24:472].mean(axis=(0, 1))
    assert pixels.argmax() == 1


def test_a_class_is_found_by_name_before_number(flowers: Path, capsys: Output) -> None:
    """Numbers count from 0 in the order of the names; a slip gets a did-you-mean."""
    main(["imagine", str(flowers), "1", "--json"])
    assert json.loads(capsys.readouterr().out)["classes"][0]["class"] == "lily"
    assert main(["imagine", str(flowers), "lilly"]) == 2
    assert capsys.readouterr().err == "nnspec: there is no class `lilly`; did you mean `lily`?\n"
    assert main(["imagine", str(flowers), "7"]) == 2
    assert capsys.readouterr().err == "nnspec: there is no class `7`; there are iris, lily, rose\n"


@pytest.mark.parametrize(
    ("run", "arguments", "message"),
    [
        ("prices", [], "this run was not trained on classes"),
        ("digits", ["-o", "three.jpg"], "three.jpg: heat maps are PNG files"),
        ("digits", ["-o", "no/such/folder/three.png"], "no/such/folder/three.png: cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_told(
    request: pytest.FixtureRequest, capsys: Output, run: str, arguments: list[str], message: str
) -> None:
    """Exit code 2, one sentence, no picture."""
    assert main(["imagine", str(request.getfixturevalue(run)), *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"nnspec: {message}")


@pytest.mark.parametrize("order", [["3", "8", "--method", "ascent"], ["--method", "ascent", "3", "8"]])
def test_options_may_stand_anywhere(digits: Path, capsys: Output, order: list[str]) -> None:
    """Before the classes or behind them; a sheet of several is named after all of them."""
    assert main(["imagine", str(digits), *order]) == 0
    assert capsys.readouterr().err == f"written to {digits / 'imagine-3-8-ascent.png'}\n"


def test_a_network_that_sees_a_part_of_its_pictures_is_drawn_in_the_size_it_sees(
    tmp_path: Path, capsys: Output
) -> None:
    """Padded, cropped and augmented: the sheet shows 20 x 20 pixels, not the 28 x 28 of the data set."""
    spec, run = tmp_path / "cropped.yaml", tmp_path / "run"
    spec.write_text(CROPPED, "utf-8")
    assert main(["run", str(spec), "-o", str(run), "--offline"]) == 0
    capsys.readouterr()
    for method in ("reverse", "ascent"):
        assert main(["imagine", str(run), "7", "--method", method, "--json"]) == 0
        (found,) = json.loads(capsys.readouterr().out)["classes"]
        assert np.shape(found["input"]) == (400,)
        assert (run / ("imagine-7-ascent.png" if method == "ascent" else "imagine-7.png")).is_file()
