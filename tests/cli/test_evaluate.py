"""`nnspec evaluate`: figures of a split, mistakes, samples one by one."""

import io
import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import yaml

from nnspec.cli.main import main
from nnspec.contracts.loader import Split
from nnspec.runs.opened import OpenedRun

Output = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """A keyboard on which so much is typed."""

    def isatty(self) -> bool:
        return True


def test_the_figures_are_those_of_the_run(digits: Path, capsys: Output) -> None:
    """The test split by default, in words and as JSON, as run.json has it."""
    facts = OpenedRun(digits).facts["metrics"]["test"]
    assert main(["evaluate", str(digits), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"split": "test", "samples": 10000, "metrics": pytest.approx(facts)}
    assert main(["evaluate", str(digits)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("test: 10,000 samples\n")
    assert f"{facts['accuracy']:.4f}  ({facts['accuracy'] * 10000:.0f} of 10000)" in out


def test_figures_by_class_stand_side_by_side(flowers: Path, tmp_path: Path, capsys: Output) -> None:
    run = Path(copytree(flowers, tmp_path / "run"))
    spec = yaml.safe_load((run / "spec.yaml").read_text("utf-8"))
    spec["metrics"] += [{"precision": "by_class"}, {"recall": "by_class"}]
    (run / "spec.yaml").write_text(yaml.safe_dump(spec), "utf-8")
    main(["evaluate", str(run), "--json"])
    found = json.loads(capsys.readouterr().out)["metrics"]
    main(["evaluate", str(run)])
    head, _, *rows = capsys.readouterr().out.splitlines()[-5:]
    assert head.split() == ["by", "class", "precision", "recall"]
    names = OpenedRun(run).classes or ()
    assert len(names) == 3
    for number, (name, row) in enumerate(zip(names, rows, strict=True)):
        assert row.split() == [name, *(f"{found[metric][number]:.4f}" for metric in ("precision", "recall"))]


def test_another_split_can_be_asked_for(moons: Path, capsys: Output) -> None:
    """By name; one that the data does not have is told with those that it has."""
    main(["evaluate", str(moons), "--split", "train", "--json"])
    assert json.loads(capsys.readouterr().out)["split"] == "train"
    assert main(["evaluate", str(moons), "--split", "validation"]) == 1
    assert "has no validation split; there are: test, train" in capsys.readouterr().err


def test_mistakes_are_the_samples_answered_wrongly(digits: Path, test_digits: Split, capsys: Output) -> None:
    """All of them and only them, the most certain first, with what they were and what was answered."""
    assert main(["evaluate", str(digits), "--mistakes", "all", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    answered = OpenedRun(digits).predict(test_digits.inputs).class_numbers
    wrong = set(np.flatnonzero(answered != test_digits.targets).tolist())
    assert {one["index"] for one in found["mistakes"]} == wrong
    assert found["mistake_count"] == len(wrong) == len(found["mistakes"])
    for one in found["mistakes"]:
        assert one["was"] == str(test_digits.targets[one["index"]])
        assert one["answered"]["class"] == str(answered[one["index"]])
    certainties = [one["answered"]["certainty"] for one in found["mistakes"]]
    assert certainties == sorted(certainties, reverse=True)


def test_a_list_of_mistakes_is_as_long_as_asked_for(digits: Path, capsys: Output) -> None:
    """A table under a line that says how many there are in all."""
    main(["evaluate", str(digits), "--mistakes", "3", "--json"])
    found = json.loads(capsys.readouterr().out)
    main(["evaluate", str(digits), "--mistakes", "3"])
    lines = capsys.readouterr().out.splitlines()
    at = next(index for index, line in enumerate(lines) if "answered wrongly" in line)
    assert lines[at].startswith(f"{found['mistake_count']:,} of 10,000 answered wrongly")
    rows = [line.split() for line in lines[at + 3 :]]
    expected = [[str(one["index"]), one["was"], one["answered"]["class"]] for one in found["mistakes"]]
    assert [row[:3] for row in rows] == expected
    for row in rows:
        assert row.count("%") == 2


def test_a_walk_shows_each_sample_as_a_picture(digits: Path, capsys: Output) -> None:
    """Off a terminal nothing waits: the mistakes asked for are printed, drawn with blocks."""
    assert main(["evaluate", str(digits), "--walk", "--mistakes", "2"]) == 0
    out = capsys.readouterr().out
    assert out.count(": WRONG") == 2
    first = out.split("\n\n", 1)[1].split("sample ")[0].splitlines()
    assert len(first) >= 14
    assert set("".join(first)) <= set(" ░▒▓█")
    assert "█" in "".join(first)


def test_a_walk_waits_on_a_terminal(moons: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter goes on, q ends; nothing more is shown after it."""
    monkeypatch.setattr("sys.stdin", Terminal("\n\nq\n\n\n"))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["evaluate", str(moons), "--walk"]) == 0
    out = capsys.readouterr().out
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("sample ")] == [
        "sample 0",
        "sample 1",
        "sample 2",
    ]


def test_a_walk_through_a_regression_shows_targets_and_outputs(prices: Path, capsys: Output) -> None:
    """There is no right or wrong, so mistakes are refused."""
    assert main(["evaluate", str(prices), "--walk", "--split", "train"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("sample ")]
    assert len(lines) == 100
    for line in lines:
        was, answered = line.split("was ")[1].split(", answered ")
        assert float(was) == pytest.approx(float(answered), abs=0.2)
    assert main(["evaluate", str(prices), "--mistakes"]) == 2
    assert "not trained on classes" in capsys.readouterr().err


def test_no_mistakes_are_told_as_none(flowers: Path, capsys: Output) -> None:
    """An empty list has no table, and an empty walk no samples."""
    for arguments in ([], ["--walk"]):
        assert main(["evaluate", str(flowers), "--mistakes", *arguments]) == 0
        assert capsys.readouterr().out.endswith("\n\n0 of 60 answered wrongly\n")


@pytest.mark.parametrize("number", ["0", "-1", "some"])
def test_a_number_of_mistakes_is_a_number(flowers: Path, capsys: Output, number: str) -> None:
    """Anything else is a usage error."""
    assert main(["evaluate", str(flowers), f"--mistakes={number}"]) == 2
    assert "expected a number above 0, or `all`" in capsys.readouterr().err


def test_walking_and_json_exclude_each_other(flowers: Path, capsys: Output) -> None:
    """One is for readers, the other for programs."""
    assert main(["evaluate", str(flowers), "--walk", "--json"]) == 2
    assert "--walk" in capsys.readouterr().err
