"""`nnspec check`: specs as regression tests."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nnspec.cli.main import main

SPEC = """\
nnspec: 1
dataset: {moons: {samples: 200}}
input: 2
layers:
  - dense: {units: 8, activation: tanh}
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
optimizer: {momentum: 0.1}
train: {epochs: 10, batch_size: 10}
"""


def write(folder: Path, name: str, expect: str) -> str:
    path = folder / name
    path.write_text(SPEC + expect, "utf-8")
    return str(path)


def test_met_expectations_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "a.yaml", "expect: {test.accuracy: {min: 0.7}, test.cost: {max: 0.6}}\n")
    assert main(["check", path, "--json"]) == 0
    (outcome,) = json.loads(capsys.readouterr().out)
    assert outcome["passed"]
    assert [gate["result"] for gate in outcome["gates"]] == ["test.accuracy", "test.cost"]
    assert all(gate["passed"] for gate in outcome["gates"])


def test_an_unmet_expectation_fails_with_3_and_says_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "good.yaml", "expect: {test.accuracy: {min: 0.7}}\n")
    write(tmp_path, "high.yaml", "expect: {test.cost: {max: 1.0e-9}}\n")
    junit = tmp_path / "junit.xml"
    assert main(["check", str(tmp_path), "--junit", str(junit)]) == 3
    table = capsys.readouterr().out
    assert "passed" in table
    assert "FAILED" in table
    suites = ET.parse(junit).getroot().findall("testsuite")
    assert [suite.get("failures") for suite in suites] == ["0", "1"]
    failure = suites[1].find("testcase/failure")
    assert failure is not None
    assert "test.cost" in str(failure.get("message"))


def test_a_bad_spec_outweighs_an_unmet_expectation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.yaml", "expect: {test.cost: {max: 1.0e-9}}\n")
    write(tmp_path, "b.yaml", "expect: {test.cots: {max: 1}}\n")
    assert main(["check", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert "could not be run" in captured.out
    assert "did you mean `test.cost`?" in captured.err


def test_a_run_that_fails_is_no_pass(tmp_path: Path) -> None:
    text = SPEC.replace("cross_entropy", "quadratic").replace("softmax", "identity").replace("tanh", "identity")
    path = tmp_path / "a.yaml"
    path.write_text(text.replace("momentum: 0.1", "sgd: 1.0e6") + "expect: {test.cost: {max: 1}}\n", "utf-8")
    assert main(["check", str(path)]) == 1


def test_specs_without_expectations_are_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", write(tmp_path, "a.yaml", "")]) == 2
    assert "states no expectation" in capsys.readouterr().err


def test_several_at_a_time_give_the_same_as_one_after_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        write(tmp_path, f"{number}.yaml", f"seed: {number}\nexpect: {{test.accuracy: {{min: 0.5}}}}\n")

    def results(*words: str) -> list[Any]:
        main(["check", str(tmp_path), "--json", *words])
        return [{**each, "seconds": 0} for each in json.loads(capsys.readouterr().out)]

    alone = results()
    assert [Path(each["spec"]).name for each in alone] == ["0.yaml", "1.yaml", "2.yaml"]
    assert results("--jobs", "2") == alone
    assert results("--executor", "local=3") == alone


def test_an_executor_that_does_not_exist_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path), "--executor", "cloud"]) == 2
    assert "nothing called `cloud` among the executors" in capsys.readouterr().err
    assert main(["check", str(tmp_path), "--jobs", "0"]) == 2
