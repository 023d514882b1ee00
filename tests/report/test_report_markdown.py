"""report.md: the same facts, and no word of a spec can break out of its place."""

import re
from pathlib import Path

import pytest

from nnspec.report import write_report
from nnspec.report.markdown import escaped, fenced, sparkline

from .by_hand import MakeRun

HOSTILE = "a|b\n| <script>alert(1)</script> **x** [y](http://z) `c` \\"


def cells(line: str) -> list[str]:
    """The cells of a row, split at bars that are not escaped."""
    return re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]


def tables(text: str) -> list[list[str]]:
    found, current = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            current.append(line)
        elif current:
            found.append(current)
            current = []
    return found


def test_the_facts_are_there_as_tables(make_run: MakeRun) -> None:
    folder = make_run()
    write_report(folder)
    text = (folder / "report.md").read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith("# by-hand\n\nA run that never ran.\n\n**finished** after 3 epochs in 12.3 s\n")
    assert "| test accuracy | 87.50 % | 875 of 1,000 |" in text
    assert "| train | cost | █▃▁ | 0.5 | 0.1667 |" in text
    assert "| zero | 10 | 5 | 0 | 66.7 % |" in text
    assert "| zero | one | 99.99 % |" in text
    assert "| layers.1 | sigmoid | hidden | 3.33 % | 85.96 % |" in text
    assert "```yaml\nnnspec: 1\nname: by-hand\nseed: 17\n```" in text


@pytest.mark.parametrize("classes", [["zero", "one"], [HOSTILE, "one", "two"], [f"c{n}" for n in range(40)]])
@pytest.mark.parametrize("shape", [(1, 8, 8), (2,)])
def test_rows_are_as_long_as_their_header(shape: tuple[int, ...], classes: list[str], make_run: MakeRun) -> None:
    folder = make_run(
        shape=shape, classes=classes, name=HOSTILE, spec_file=HOSTILE, reason=HOSTILE, status="failed"
    )
    write_report(folder)
    found = tables((folder / "report.md").read_text("utf-8").split("## Spec")[0])
    assert len(found) >= 7
    for table in found:
        assert {len(cells(line)) for line in table} == {len(cells(table[1]))}


def test_hostile_words_neither_mark_up_nor_break_lines(make_run: MakeRun) -> None:
    folder = make_run(name=HOSTILE, description=HOSTILE, warnings=[HOSTILE], classes=[HOSTILE, "one", "two"])
    (folder / "spec.yaml").write_text("name: |\n  ```\n  # no heading\n  <script>\n")
    write_report(folder)
    text = (folder / "report.md").read_text("utf-8")
    prose, _, spec = text.partition("````yaml")
    assert "<script>" not in prose
    assert "**x**" not in prose
    assert text.startswith(
        "# a\\|b \\| &lt;script&gt;alert(1)&lt;/script&gt; \\*\\*x\\*\\* \\[y\\](http://z) \\`c\\` \\\\\n"
    )
    assert spec.endswith("  <script>\n````\n")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("mnist_784_30_10", "mnist_784_30_10"),
        ("_x_", "\\_x\\_"),
        ("# x", "\\# x"),
        ("- x", "\\- x"),
        ("-0.5", "-0.5"),
        ("---", "\\---"),
        ("1. x", "1\\. x"),
        ("1.5", "1.5"),
        ("a & b", "a &amp; b"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("    code", "code"),
    ],
)
def test_text_is_escaped_where_it_would_mean_something(text: str, safe: str) -> None:
    assert escaped(text) == safe


def test_a_block_of_code_outlasts_the_ticks_in_it() -> None:
    assert fenced("a\n`````\nb\n") == "``````\na\n`````\nb\n``````"


def test_a_sparkline_goes_from_the_lowest_to_the_highest_and_leaves_gaps() -> None:
    assert sparkline([(1, 0.0), (2, 7.0), (3, float("nan")), (4, 3.0)]) == "▁█ ▄"
    assert sparkline([(1, 5.0)]) == "▁"
    assert sparkline([(1, float("inf"))]) == ""
    assert len(sparkline([(number, float(number)) for number in range(500)])) == 40


def test_the_pages_lie_in_the_folder_and_in_utf8(make_run: MakeRun) -> None:
    folder: Path = make_run(name="Zähler \ud800")
    write_report(folder)
    assert (folder / "report.md").read_bytes().decode("utf-8").startswith("# Zähler ?\n")
