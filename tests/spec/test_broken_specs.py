"""Broken specs as people write them, each with exactly what is said of it; every code is shown by one of them."""

import re
from pathlib import Path

import pytest
from broken_specs import FOLDER, NAMES, expected, found, said

from nnspec.errors import SpecError
from nnspec.spec.codes import CODES
from nnspec.spec.problems import Problem
from nnspec.spec.specification import load

NO_FILE_SHOWS = {
    "NS001": "what it is about is a file that cannot be read",
    "NS041": "two distributions must claim one name",
    "NS042": "a broken distribution must be installed",
    "NS047": "a faulty distribution must be installed",
    "NS061": "the run that is to be learned from is opened once the data is read",
}
NEEDS_PLUGINS = {"NS041"}
"""Codes whose examples name parts that are not installed."""


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_spec_is_told_exactly_what_is_wrong_with_it(name: str) -> None:
    """Where a message was changed on purpose: see broken_rewrite.py."""
    assert said(name) == expected(name).read_text("utf-8")
    assert said(name)


@pytest.mark.parametrize("name", NAMES)
def test_problems_come_in_the_order_of_the_text_and_stand_inside_it(name: str) -> None:
    problems = found(name)
    places = [(problem.mark.text.name, problem.mark.line, problem.mark.column) for problem in problems]
    assert places == sorted(places)
    for problem in problems:
        lines = problem.mark.text.lines or ("",)
        assert 1 <= problem.mark.column <= len(lines[problem.mark.line - 1]) + 1
        assert problem.mark.column + problem.mark.length <= len(lines[problem.mark.line - 1]) + 2


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 120
    assert sum(len(found(name)) >= 3 for name in NAMES) >= 20


def test_nothing_is_expected_of_a_spec_that_is_not_there() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(NAMES)


def test_every_code_is_shown_by_a_broken_spec_or_no_file_can_show_it() -> None:
    shown = {problem.code for name in NAMES for problem in found(name)}
    assert shown == set(CODES) - set(NO_FILE_SHOWS)


GOOD = """\
nnspec: 1
name: example
dataset: {csv: {path: table.csv, label: kind}}
input: 784
layers: [flatten, {dense: 10}, softmax]
cost: quadratic
optimizer: {sgd: 0.1}
"""
WITH_EXAMPLES = [code for code, about in CODES.items() if about.wrong and code not in NEEDS_PLUGINS]


def codes_of(example: str, folder: Path) -> set[str]:
    """The codes of the problems of a good spec with an example's lines in place of its own, or of one setting."""
    settings = [example.removeprefix("--set ")] if example.startswith("--set ") else []
    text = GOOD
    if example.startswith("- "):
        text = example
    elif not settings:
        own = re.findall(r"^(\w+):", example, re.MULTILINE)
        kept = [line for line in GOOD.splitlines() if line.partition(":")[0] not in own]
        text = "\n".join([*kept, example])
    (folder / "base.yaml").write_text(GOOD, "utf-8")
    path = folder / "example.yaml"
    path.write_text(text, "utf-8")
    try:
        load(path, settings)
    except SpecError as error:
        return {problem.code for problem in error.problems if isinstance(problem, Problem)}
    return set()


@pytest.mark.parametrize("code", WITH_EXAMPLES)
def test_the_wrong_example_of_a_code_has_it_and_the_right_one_is_good(code: str, tmp_path: Path) -> None:
    assert code in codes_of(CODES[code].wrong, tmp_path)
    assert codes_of(CODES[code].right, tmp_path) == set()


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_both_examples_or_none(code: str) -> None:
    assert bool(CODES[code].wrong) == bool(CODES[code].right)
    assert CODES[code].title
    assert CODES[code].why.endswith(".")
