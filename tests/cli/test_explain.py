"""`nnspec explain`: one step in numbers, of a spec or of a run."""

import json
import re
from pathlib import Path

import pytest

from nnspec.cli.main import main
from nnspec.runs.opened import OpenedRun

Output = pytest.CaptureFixture[str]
SPECS = Path(__file__).parents[2] / "specs"


def test_a_spec_is_explained_from_its_initial_weights(tmp_path: Path, capsys: Output) -> None:
    """xor: the text is printed, the same goes to the Markdown file, and fusing is told."""
    file = tmp_path / "xor.md"
    assert main(["explain", str(SPECS / "xor.yaml"), "--sample", "1", "-o", str(file)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("One step of xor\n")
    assert "Training sample 1" in captured.out
    assert "sigmoid and binary_cross_entropy taken together" in captured.out
    assert captured.err == f"written to {file}\n"
    page = file.read_text("utf-8")
    assert page.startswith("# One step of xor\n")
    values = re.findall(r"= (-?[\d.e-]+)$", captured.out, re.MULTILINE)
    assert len(values) > 40
    assert [value for value in values if f"`{value}` |" not in page] == []


def test_the_step_lowers_the_cost_of_its_sample(capsys: Output) -> None:
    """As a step of gradient descent should; the numbers are also there as JSON."""
    main(["explain", str(SPECS / "moons.yaml"), "--json", "--set", "optimizer={sgd: 0.1}"])
    sections = json.loads(capsys.readouterr().out)["sections"]
    before, after = (one["rows"][0]["value"] for one in sections if one["title"].startswith("Cost"))
    assert after < before


def test_a_run_is_explained_from_its_trained_weights(moons: Path, capsys: Output) -> None:
    """The weights before the step are those of the run, and its transforms are those that were fitted."""
    assert main(["explain", str(moons), "--json"]) == 0
    sections = json.loads(capsys.readouterr().out)["sections"]
    first = next(one for one in sections if one["title"].endswith(": W"))
    weights = OpenedRun(moons).network.parameters(0).W
    assert [row["value"] for row in first["rows"]] == weights.ravel().tolist()
    assert main(["explain", str(moons), "--set", "seed=2"]) == 2
    assert "--set changes a spec" in capsys.readouterr().err


def test_inputs_are_told_as_the_data_has_them(prices: Path, capsys: Output) -> None:
    """Only where transforms change them."""
    main(["explain", str(prices)])
    assert "before the transforms" not in capsys.readouterr().out
    main(["explain", str(SPECS / "clusters.yaml")])
    out = capsys.readouterr().out
    raw = re.search(r"class (?:red|green|blue); ([\d.]+), ([\d.]+) before the transforms", out)
    assert raw is not None
    scaled = re.search(r"x\[1\] = ([\d.]+)\n", out)
    assert scaled is not None
    assert float(raw[1]) / 500 == pytest.approx(float(scaled[1]), rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mnist_784_30_10.yaml"], "this network has 23,860 parameters and 784 inputs"),
        (["xor.yaml", "--sample", "4"], "--sample 4: the training split has 4 samples, counted from 0"),
        (["xor.yaml", "-o", "no/such/folder/x.md"], "no/such/folder/x.md: cannot be written"),
    ],
)
def test_what_cannot_be_explained_is_refused(capsys: Output, arguments: list[str], message: str) -> None:
    """Exit code 2 and a sentence; nothing is printed as an answer."""
    name, *rest = arguments
    assert main(["explain", str(SPECS / name), *rest]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"nnspec: {message}")
    assert captured.out == ""


def test_what_training_does_beside_the_step_is_said_to_be_left_out(capsys: Output) -> None:
    settings = [
        "--set",
        "train.clip={norm: 1.0}",
        "--set",
        "train.freeze=[layers.0.W]",
        "--set",
        "schedule=cosine",
    ]
    assert main(["explain", str(SPECS / "xor.yaml"), *settings]) == 0
    assert "without what the spec says of train.clip, train.freeze, schedule" in capsys.readouterr().err
