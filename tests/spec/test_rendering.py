"""The same problems in colour, as JSON and as annotations."""

import io
import json
import re

import pytest
from broken_specs import NAMES, found

from nnspec.spec.marks import Mark, Text
from nnspec.spec.problems import Problem
from nnspec.spec.rendering import as_annotations, as_data, coloured, wants_colour


@pytest.mark.parametrize("name", NAMES)
def test_colour_adds_nothing_but_colour(name: str) -> None:
    for problem in found(name):
        text = coloured(problem)
        assert re.sub(r"\x1b\[\d+m", "", text) == str(problem)
        assert text != str(problem)


@pytest.mark.parametrize("name", NAMES)
def test_data_says_the_same_and_can_be_written_as_json(name: str) -> None:
    for problem in found(name):
        data = json.loads(json.dumps(as_data(problem)))
        assert f"{data['file']}:{data['line']}:{data['column']}" == str(problem.mark)
        assert (data["code"], data["message"], data["hint"]) == (problem.code, problem.message, problem.hint)


def test_an_annotation_is_one_line_whatever_stands_in_it() -> None:
    mark = Mark(Text.of("a,b:c%.yaml", "x: 1\ny: 2"), 2, 4)
    problem = Problem("NS034", mark, "y", "100 % wrong\r\nindeed", "put 1, or 2: as you like")
    assert as_annotations([problem]) == (
        "::error file=a%2Cb%3Ac%25.yaml,line=2,col=4,endColumn=5,title=NS034::"
        "y: 100 %25 wrong%0D%0Aindeed%0Aput 1, or 2: as you like"
    )


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"TERM": "xterm"}, False),
    ],
)
def test_colour_is_for_terminals_of_people_who_want_it(
    stream: io.StringIO, environment: dict[str, str], expected: bool
) -> None:
    assert wants_colour(stream, environment) is expected
