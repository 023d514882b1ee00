"""The verbs that read specs and run nothing: validate, show, diff, init, parts, schema, explain-error."""

import io
import json
import re
import sys
from pathlib import Path

import pytest

from nnspec.cli.main import main
from nnspec.spec.specification import load

SPECS = Path(__file__).parents[2] / "specs"
XOR = str(SPECS / "xor.yaml")


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(list(words)) == code
    return capsys.readouterr().out


def test_validate_takes_folders_and_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path(XOR).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    said = answer(capsys, "validate", str(SPECS), "-")
    assert said.count("good") == len(list(SPECS.glob("*.yaml"))) + 1


def test_validate_tells_tools_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(XOR).read_text("utf-8").replace("tanh", "tahn"), "utf-8")
    (good, wrong) = json.loads(answer(capsys, "validate", XOR, str(bad), "--format", "json", code=2))
    assert good == {"file": XOR, "valid": True, "problems": []}
    (problem,) = wrong["problems"]
    assert problem["code"] == "NS040"
    assert problem["hint"] == "did you mean `tanh`?"
    line = bad.read_text("utf-8").splitlines()[problem["line"] - 1]
    assert line[problem["column"] - 1 :].startswith("tahn")
    assert problem["length"] == 4


def test_validate_annotates_for_a_code_host(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(XOR).read_text("utf-8").replace("tanh", "tahn"), "utf-8")
    said = answer(capsys, "validate", str(bad), "--format", "github", code=2)
    assert said.startswith(f"::error file={bad},line=")
    assert "title=NS040::layers[0].dense.activation: nothing called `tahn`" in said
    assert "%0Adid you mean `tanh`?" in said


def test_show_draws_the_stack(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "show", str(SPECS / "mnist_784_30_10.yaml"))
    assert "23,860 parameters" in said
    row = next(line for line in said.splitlines() if line.startswith("layers.0"))
    assert row.split() == ["layers.0", "dense", "784", "30", "23,550", "47,040"]


def test_show_counts_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads(answer(capsys, "show", str(SPECS / "mnist_784_30_10.yaml"), "--json"))
    assert facts["parameters"] == 784 * 30 + 30 + 30 * 10 + 10
    assert facts["flops_forward"] == 2 * (784 * 30 + 30 * 10)


def test_show_draws_layers_within_layers_further_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nested = tmp_path / "nested.yaml"
    layers = "layers: [{repeat: {times: 2, layers: [{residual: [{dense: 2}, tanh]}]}}, {dense: 1}, sigmoid]"
    text = re.sub(r"layers:\n(  .*\n)+", f"{layers}\n", Path(XOR).read_text("utf-8"))
    nested.write_text(text, "utf-8")
    said = answer(capsys, "show", str(nested))
    assert re.search(r"^layers\.0 +repeat +2 +2 +12 ", said, re.MULTILINE)
    assert re.search(r"^layers\.0\.1\.0 +   residual +2 +2 +6 ", said, re.MULTILINE)
    assert re.search(r"^layers\.0\.1\.0\.0 +     dense +2 +2 +6 ", said, re.MULTILINE)
    assert "15 parameters" in said
    (repeat, *_) = json.loads(answer(capsys, "show", str(nested), "--json"))["layers"]
    assert [inner["path"] for inner in repeat["layers"]] == ["layers.0.0.0", "layers.0.1.0"]
    assert [inner["name"] for inner in repeat["layers"][1]["layers"]] == ["dense", "tanh"]


def test_the_resolved_spec_is_a_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(answer(capsys, "show", XOR, "--resolved", "--set", "train.epochs=7"), "utf-8")
    assert load(resolved).resolved() == load(XOR, ["train.epochs=7"]).resolved()


def test_origins_tell_who_wrote_what(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child = tmp_path / "child.yaml"
    child.write_text(f"extends: {XOR}\ntrain: {{epochs: 9}}\noptimizer: {{momentum: 0.25}}\n", "utf-8")
    said = answer(capsys, "show", str(child), "--origins", "--set", "seed=5")
    notes = {line.split("#")[0].split()[0]: line.split("# ")[1] for line in said.splitlines() if "# " in line}
    assert notes["epochs:"] == f"{child}:2"
    assert notes["learning_rate:"] == f"{child}:3"
    assert notes["seed:"] == "--set"
    assert notes["precision:"] == "default"
    assert notes["input:"].startswith(XOR)
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(said, "utf-8")
    assert load(resolved).resolved() == load(child, ["seed=5"]).resolved()


def test_diff_speaks_of_meaning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = tmp_path / "xor.yaml"
    same.write_text(load(XOR).to_yaml(), "utf-8")
    assert answer(capsys, "diff", XOR, str(same)) == "no difference in meaning\n"
    one, other = load(XOR).resolved(), load(XOR, ["train.epochs=3"]).resolved()
    one["layers"] = [{"dropout": 0.25}, "tanh", *one["layers"]]
    other["layers"] = ["tanh", *other["layers"][:1], "relu", {"dropout": 0.25}, *other["layers"][1:]]
    for name, content in (("one.yaml", one), ("other.yaml", other)):
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
    said = answer(capsys, "diff", str(tmp_path / "one.yaml"), str(tmp_path / "other.yaml"), "--json")
    assert {(each["kind"], each["path"], str(each["before"])) for each in json.loads(said)} == {
        ("moved", "layers[3]", "layers[0]"),
        ("added", "layers[2]", "None"),
        ("changed", "train.epochs", "200"),
    }


@pytest.mark.parametrize("template", ["mlp", "tabular", "clusters"])
def test_init_writes_a_spec_that_is_valid(
    template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "first.yaml"
    answer(capsys, "init", template, str(path))
    assert load(path).document.name == "first"
    assert main(["init", template, str(path)]) == 2  # what is there is not overwritten


def test_init_fills_in_what_the_data_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i},{i * i},{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(60))
    Path("my table.csv").write_text("n,square,letter,kind\n" + rows, "utf-8")
    assert main(["init", "tabular", "t.yaml", "--data", "my table.csv", "--label", "kind"]) == 0
    assert load("t.yaml").document.input == (4,)  # two numbers, and a column for each letter
    assert load("t.yaml").nodes[-1].output == (3,)
    assert main(["run", "t.yaml", "-o", "out", "--set", "train.epochs=2"]) == 0


def test_parts_list_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    listed = answer(capsys, "parts", "costs")
    assert "cross_entropy" in listed
    page = answer(capsys, "parts", "layers", "dense")
    assert "y = W x + b" in page
    assert "units *" in page
    described = json.loads(answer(capsys, "parts", "layers", "dropout", "--json"))
    rate = next(option for option in described["options"] if option["name"] == "rate")
    assert rate["type"] == "number >= 0 and < 1"
    assert main(["parts", "layers", "dens"]) == 2
    assert "did you mean `dense`?" in capsys.readouterr().err


def test_codes_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert "NS053: a cost that does not fit the last layer" in answer(capsys, "explain-error", "ns053")
    assert "NS040  a part that is not installed" in answer(capsys, "explain-error")
    assert main(["explain-error", "NS999"]) == 2


def test_a_mistyped_verb_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vaildate", "x"]) == 2
    assert "did you mean `validate`?" in capsys.readouterr().err


def test_a_run_does_not_differ_from_its_spec_in_what_that_leaves_open_and_is_no_spec_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "xor.yaml"
    spec.write_text(Path(XOR).read_text("utf-8"), "utf-8")
    assert main(["run", str(spec), "-o", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    assert answer(capsys, "diff", str(tmp_path / "run"), str(spec)) == "no difference in meaning\n"
    spec.write_text(spec.read_text("utf-8") + "engine: {shards: 2}\n", "utf-8")
    assert answer(capsys, "diff", str(tmp_path / "run"), str(spec)) == "engine.shards: 1 -> 2\n"
    assert answer(capsys, "diff", str(spec), XOR) == "engine.shards: 2 -> auto\n"
    assert answer(capsys, "validate", str(tmp_path)).count("good") == 1  # the run's copy is passed over


def test_a_part_in_the_place_of_a_kind_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parts", "exponential"]) == 2
    said = capsys.readouterr().err
    assert "`nnspec parts activations exponential`" in said
    assert "`nnspec parts schedules exponential`" in said
