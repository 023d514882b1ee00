"""What no spec may be: each refused in one sentence with its line and column, and nothing crashes."""

from pathlib import Path
from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.spec.marks import Mark
from nnspec.spec.problems import Problem
from nnspec.spec.reader import MAX_BYTES, MAX_DEPTH, read, read_file


def refused(content: str | bytes) -> Problem:
    """The one problem of a text, whether it can be read for all that or not."""
    try:
        (problem,) = read(content.encode() if isinstance(content, str) else content, "a.yaml").problems
    except SpecError as error:
        (located,) = error.problems
        assert isinstance(located, Problem)
        problem = located
    assert str(problem).startswith(f"a.yaml:{problem.mark.line}:{problem.mark.column}: ")
    return problem


BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"{b}: &{b} [" + ", ".join([f"*{a}"] * 9) + "]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)
TOWER = "\n".join(["a0: &a0 x"] + [f"a{i}: &a{i} " + "[" * 40 + f"*a{i - 1}" + "]" * 40 for i in range(1, 40)])


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "`a` is given twice"),
        ("x: {a: 1, b: 2, a: 3}\n", 1, 17, "`a` is given twice"),
        ("a: 1\n'a': 2\n", 2, 1, "`a` is given twice"),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            1,
            4,
            "the tag `!!python/object/apply:os.system`",
        ),
        ("a: !!str 1\n", 1, 4, "is not allowed"),
        ("b: 1\na: !x {}\n", 2, 4, "the tag `!x` is not allowed"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, 3, "merge keys are not part of YAML 1.2"),
        ("a: *b\n", 1, 4, "`*b` refers to nothing before it"),
        ("a: &a [*a]\n", 1, 8, "`*a` refers to nothing before it"),
        (BOMB, 5, 8, "more than 10,000 entries, aliases counted"),
        (TOWER, 3, 49, f"nested deeper than {MAX_DEPTH}, aliases counted"),
        ("[" * 200_000, 1, MAX_DEPTH + 1, "nested deeper than"),
        ("{a: " * 200_000, 1, 4 * MAX_DEPTH + 1, "nested deeper than"),
        ("- " * 200_000, 1, 2 * MAX_DEPTH + 1, "nested deeper than"),
        ("{" * 200_000, 1, MAX_DEPTH + 1, "nested deeper than"),
        ("a: 1\nb: x\0y\n", 2, 5, "control characters are not allowed"),
        ("a: 1\n\x1b[31m\n", 2, 1, "control characters are not allowed"),
        ("a:\n\t- b\n", 2, 1, "a tab where a value or a name should begin"),
        ("a: [1,\n", 1, 7, "the text ends where a value should stand"),
        ("a: [1\n", 1, 4, "this `[` is not closed"),
        ("a: [1,,2]\n", 1, 7, "a value should stand before this `,`"),
        ("a: {b: 1\n", 1, 4, "this `{` is not closed"),
        ("a: 1\n b: 2\n", 2, 2, "this line is indented below one that has a value already"),
        ("a: 'x\n", 1, 4, "this quotation mark is not closed"),
        ("--- {a: 1}\n--- {b: 1}\n", 2, 1, "another document begins here"),
        ("? [1]\n: 2\n", 1, 3, "expected a name before the colon, found a list"),
        ("a: 1\n2: 3\n", 2, 1, "expected a name before the colon, found 2"),
        ("%YAML 9.9\n---\na: 1\n", 1, 1, "incompatible YAML"),
        ("", 1, 1, "the file is empty"),
        ("# nothing but words\n", 1, 1, "the file is empty"),
    ],
)
def test_a_text_that_is_no_spec_is_refused_where_the_mistake_stands(
    text: str, line: int, column: int, said: str
) -> None:
    problem = refused(text)
    assert said in problem.message
    assert (problem.mark.line, problem.mark.column) == (line, column)


def test_a_tab_gets_a_hint() -> None:
    assert refused("a:\n\t- b\n").hint == "YAML is indented with spaces; there is a tab here"


def test_bytes_that_are_no_utf8_are_refused_with_their_line() -> None:
    problem = refused(b"a: 1\nb: \xff\xfe\n")
    assert problem.message == "not UTF-8 text: the byte 0xff cannot stand here"
    assert (problem.mark.line, problem.mark.column) == (2, 4)


def test_utf16_is_no_utf8() -> None:
    assert refused("a: 1".encode("utf-16")).message == "UTF-16, not UTF-8"


def test_a_huge_file_is_refused_before_it_is_read_through(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"a: 1\n" * MAX_BYTES)
    with pytest.raises(SpecError, match=r"larger than 1,000,000 bytes"):
        read_file(path)


def test_a_byte_order_mark_shifts_no_column() -> None:
    tree = read(b"\xef\xbb\xbfa: 1\n", "a.yaml")
    assert tree.value == {"a": 1}
    assert (tree.place(("a",)).key.column, tree.place(("a",)).value.column) == (1, 4)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_gives_the_same_values_and_positions(ending: str) -> None:
    tree = read(ending.join(["a: 1", "b:", "  - x", "  - {c: 2}", ""]).encode(), "a.yaml")
    assert tree.value == {"a": 1, "b": ["x", {"c": 2}]}
    mark = tree.place(("b", 1, "c")).value
    assert (mark.line, mark.column, mark.text.lines[mark.line - 1]) == (4, 9, "  - {c: 2}")


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("name",), "1:1 name", "1:7 'äöü😀'"),
        (("layers",), "2:1 layers", None),
        (("layers", 0), "3:5 dense: 30", "3:5 dense: 30"),
        (("layers", 0, "dense"), "3:5 dense", "3:12 30"),
        (("layers", 1), "4:5 relu", "4:5 relu"),
        (("train",), "5:1 train", "5:8 {epochs: 3}"),
        (("train", "epochs"), "5:9 epochs", "5:17 3"),
        (("after",), "6:1 after", "6:8 [1, 2]"),
        (("after", 1), "6:12 2", "6:12 2"),
    ],
)
def test_every_entry_knows_what_stretch_it_stands_on(path: Any, key: str, value: str | None) -> None:
    text = "name: 'äöü😀'\nlayers:\n  - dense: 30\n  - relu\ntrain: {epochs: 3}\nafter: [1, 2]\n"
    place = read(text.encode(), "a.yaml").place(path)
    assert stretch(place.key) == key
    assert value is None or stretch(place.value) == value


def stretch(mark: Mark) -> str:
    """Line, column and text of a mark."""
    text = mark.text.lines[mark.line - 1][mark.column - 1 :][: mark.length]
    return f"{mark.line}:{mark.column} {text}"


def test_anchors_and_aliases_work() -> None:
    assert read(b"a: &x {b: [1, 2]}\nc: *x\nd: [*x, *x]\n", "a.yaml").value["d"] == [{"b": [1, 2]}] * 2


def test_a_missing_file_is_named_and_its_neighbour_offered(tmp_path: Path) -> None:
    (tmp_path / "mnist.yaml").touch()
    with pytest.raises(SpecError, match="there is no such file") as caught:
        read_file(tmp_path / "mnits.yaml")
    assert f"did you mean {tmp_path / 'mnist.yaml'}?" in str(caught.value)
    with pytest.raises(SpecError, match="there is no folder"):
        read_file(tmp_path / "absent" / "mnist.yaml")


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="this is a folder, not a spec file"):
        read_file(tmp_path)


def test_an_unreadable_path_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SpecError):
        read_file(file / "spec.yaml")
    with pytest.raises(SpecError):
        read_file(tmp_path / ("x" * 300 + ".yaml"))
