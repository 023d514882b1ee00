"""Scalars follow the YAML 1.2 core schema; what is dumped reads back as it was."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.spec.reader import read
from nnspec.spec.yaml_core import dump


def value(text: str) -> Any:
    return read(text.encode(), "t.yaml").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("+1.5e+3", 1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-0.0", -0.0),
        ("3", 3),
        ("+3", 3),
        ("-3", -3),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("no", "no"),
        ("off", "off"),
        ("on", "on"),
        ("yes", "yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("Null", None),
        ("", None),
        ("nULL", "nULL"),
        ('"1e-3"', "1e-3"),
        ("'no'", "no"),
        ('"~"', "~"),
        ("2026-01-01", "2026-01-01"),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("inf", "inf"),
        ("1e999", float("inf")),
        (".", "."),
        ("e5", "e5"),
        ("+", "+"),
        ("=", "="),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        (">\n  two\n  lines\n", "two lines\n"),
    ],
)
def test_a_plain_scalar_is_what_the_core_schema_says(text: str, expected: Any) -> None:
    found = value(f"a: {text}")["a"]
    assert found == expected
    assert type(found) is type(expected)


def test_nan_is_a_number() -> None:
    assert str(value("a: .NaN")["a"]) == "nan"


@pytest.mark.parametrize("text", ["1" * 5000, "1" + "0" * 400, "-" + "9" * 30, "0x" + "f" * 9000, "0o" + "7" * 30])
@pytest.mark.parametrize(
    ("place", "said"),
    [("a: {}", "too long to hold"), ("[{}]", "too long to hold"), ("? {}\n: 1", "expected a name")],
)
def test_a_whole_number_beyond_64_bits_is_refused_where_it_stands(text: str, place: str, said: str) -> None:
    source = place.replace("{}", text)
    (problem,) = read(source.encode(), "t.yaml").problems
    assert said in problem.message
    assert (problem.mark.line, problem.mark.column) == (1, source.index(text) + 1)


PLAIN: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters="\ufeff"), max_size=20)
    | st.sampled_from(
        ["no", "on", "1e-3", "~", "010", "0x1F", "null", "", " ", "a: b", "- a", "#", "<<", "=", "1_0", ".5"]
    )
)
TREES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True).filter(lambda key: key != "null"), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(TREES)
def test_what_is_dumped_reads_back_as_it_was(tree: Any) -> None:
    assert value(dump({"root": tree})) == {"root": tree}
