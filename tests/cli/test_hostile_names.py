"""Names that strangers give reach a terminal as text: nothing in them moves its cursor or hides anything."""

import json
import re
from pathlib import Path

import pytest

from nnspec.cli.main import main
from nnspec.errors import DataError, visible

ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eknil\u2066"
"""Sets a window's title, clears the screen, colours what follows, turns the direction of reading."""
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
SPEC = f"""\
nnspec: 1
name: hostile
description: "plain"
dataset: {{csv: {{path: "x{ESCAPE.encode("unicode_escape").decode()}.csv", label: kind, test: 0.4}}}}
input: 3
layers: [{{dense: 2}}, softmax]
cost: cross_entropy
optimizer: {{sgd: 0.5}}
train: {{epochs: 1}}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec whose data has such names for its file, a column, a word and a class."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{number % 3}.5,w{ESCAPE},{'ab'[number % 2]}{ESCAPE}\n" for number in range(20))
    rows += f"1,v{ESCAPE},a{ESCAPE}\n" * 2
    (tmp_path / f"x{ESCAPE}.csv").write_text(f"c{ESCAPE},word,kind\n{rows}", "utf-8")
    (tmp_path / "spec.yaml").write_text(SPEC, "utf-8")
    return tmp_path


@pytest.mark.usefixtures("place")
def test_no_verb_hands_control_sequences_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "spec.yaml", "-o", "run"]) == 0
    for words in (
        ["evaluate", "run", "--mistakes"],
        ["predict", "run", "1", f"w{ESCAPE}"],
        ["predict", "run", "1", f"none{ESCAPE}"],
        ["predict", "run", f"x{ESCAPE}.csv"],
        ["predict", "run", f"gone{ESCAPE}.csv"],
        ["imagine", "run"],
        ["imagine", "run", f"z{ESCAPE}"],
        ["show", "run/spec.yaml"],
        ["validate", f"gone{ESCAPE}.yaml"],
        ["diff", "spec.yaml", "run/spec.yaml"],
        ["run", "spec.yaml", "-o", f"sub{ESCAPE}/run"],
    ):
        main(words)
    out, err = capfd.readouterr()
    shown = out + err
    assert FORBIDDEN.search(shown) is None, FORBIDDEN.search(shown)
    assert "owned" in shown
    assert "\ufffd]0;owned\ufffd" in shown


@pytest.mark.usefixtures("place")
def test_json_keeps_such_names_but_escapes_them(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "spec.yaml", "-o", "run", "--json"]) == 0
    out = capfd.readouterr().out
    assert FORBIDDEN.search(out) is None
    assert json.loads(out)["dataset"]["classes"] == [f"a{ESCAPE}", f"b{ESCAPE}"]


def test_errors_are_safe_to_print_whoever_prints_them() -> None:
    error = DataError("holds \x1b[31mred\r\nlines\tand tabs", Path("x\x07.csv"))
    assert str(error) == "x\ufffd.csv: holds \ufffd[31mred\ufffd\nlines\tand tabs"
    # Halves of characters stand for bytes in names of files that are no text; a terminal takes none of them.
    assert visible("\udcff") == "\ufffd"
