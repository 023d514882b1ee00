"""The tutorial, done: every command is run, every edit made, and what is shown is what is answered."""

import shutil
from pathlib import Path

import pytest

from .walkthrough import Command, Edit, steps

DOCS = Path(__file__).parents[2] / "docs"


def test_the_tutorial_is_what_happens(tmp_path: Path) -> None:
    shutil.copy(DOCS / "tutorial" / "fish.csv", tmp_path)
    todo = list(steps((DOCS / "tutorial.md").read_text("utf-8")))
    assert len(todo) > 15
    for step in todo:
        if isinstance(step, Edit):
            step.apply(tmp_path)
        else:
            answer = step.answered(tmp_path)
            assert step.agrees(answer), f"$ {step.line}\n{answer}"


@pytest.mark.parametrize(
    ("line", "shown", "answer", "agrees"),
    [
        ("nnspec validate s.yaml", "s.yaml:9:3: no\n", "s.yaml:9:3: no\n", True),
        ("nnspec validate s.yaml", "s.yaml:9:3: no\n", "s.yaml:8:3: no\n", False),
        ("nnspec run s.yaml", "start\n...\ncost 0.12\n", "start\nepoch 1\nepoch 2\ncost 0.13\n", True),
        ("nnspec run s.yaml", "start\n...\ncost 0.12\n", "start\nepoch 1\naccuracy 0.12\n", False),
        ("nnspec predict r 1", "1: pike with > 99.9 %\n", "1: pike with 99.8 %\n", True),
        ("nnspec predict r 1", "1: pike with > 99.9 %\n", "1: perch with 99.9 %\n", False),
    ],
)
def test_what_is_shown_may_differ_in_measured_figures_alone(
    line: str, shown: str, answer: str, agrees: bool
) -> None:
    assert Command(line, shown).agrees(answer) is agrees


def test_a_page_is_read_as_commands_and_edits(tmp_path: Path) -> None:
    page = "```console\n$ cat a\nb\n$ ls\n```\n\n```diff\n--- a\n-b\n+c\n+d\n```\n```diff\n--- new\n+1\n```\n"
    done = list(steps(page))
    assert done == [Command("cat a", "b\n"), Command("ls", ""), Edit("a", "b\n", "c\nd\n"), Edit("new", "", "1\n")]
    (tmp_path / "a").write_text("a\nb\n")
    for edit in done[2:]:
        assert isinstance(edit, Edit)
        edit.apply(tmp_path)
    assert (tmp_path / "a").read_text() == "a\nc\nd\n"
    assert Command("cat a", "").answered(tmp_path) == "a\nc\nd\n"
