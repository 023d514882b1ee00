"""A run folder from a stranger: whatever its names hold, a page has the elements of any other page."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nnspec.report import pages
from nnspec.report.curves import learning_curves
from nnspec.report.facts import read_run

from .by_hand import MakeRun, Page, epoch_figures

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "--><b>",
    "]]><b>",
    "</code></pre><iframe src=//evil>",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "&lt;b&gt;&#60;b&#62;",
    "url(//evil) expression(alert(1)); background: red",
    "![x](https://evil/x.png) [x](javascript:alert(1)) <https://evil>",
    "```\n# heading\n| cell |",
    "\x1b[2J\x00\u202eknil",
    "\ud800",
)
PLAIN = "plain"
FENCED = re.compile(r"^(`{3,})[a-z]*\n.*?\n\1$", re.MULTILINE | re.DOTALL)
SECTIONS = ["Learning", "Answers", "Worst", "Network", "Origin"]
CHART = {"svg", "title", "desc", "line", "path", "circle", "text"}


def spoilt(value: Any, word: str) -> Any:
    """The value with the word for every text in it, and in every name that is not fixed."""
    if isinstance(value, dict):
        return {name: spoilt(item, word) for name, item in value.items()}
    if isinstance(value, list):
        return [spoilt(item, word) for item in value]
    return word if isinstance(value, str) else value


def folder_of(make_run: MakeRun, word: str) -> Path:
    """A run folder in which everything that can hold a text holds the word."""
    folder = make_run(classes=("zero", "one", "two"))
    facts = json.loads((folder / "run.json").read_text())
    fixed = {name: facts[name] for name in ("started", "metrics", "best")}
    facts = spoilt(facts, word) | fixed
    facts["dataset"]["classes"] = [f"{word} {number}" for number in range(3)]
    facts["warnings"], facts["reason"], facts["status"] = [word], word, "failed"
    facts["versions"], facts["plugins"] = {word: word}, {word: word}
    facts["metrics"] = {"test": {**facts["metrics"]["test"], word: 0.5}, word: {"cost": 1.0}}
    facts["best"]["monitor"] = f"test.{word}"
    (folder / "run.json").write_text(json.dumps(facts))
    lines = [{"epoch": number, **epoch_figures(number), word: {word: 0.25}} for number in range(1, 4)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "spec.yaml").write_bytes(f"name: {word}\n".encode("utf-8", "surrogatepass"))
    return folder


def form(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page, each with the names of its attributes."""
    return [(tag, tuple(sorted(attributes))) for tag, attributes in Page(page).elements]


@pytest.fixture
def plain(make_run: MakeRun, tmp_path: Path) -> str:
    """The page of a run in which the word is a plain one."""
    folder = folder_of(make_run, PLAIN)
    page = pages(folder, "html")["html"]
    folder.rename(tmp_path / "plain")
    return page


@pytest.mark.parametrize("word", HOSTILE)
def test_a_page_has_the_elements_of_any_other_page(word: str, plain: str, make_run: MakeRun) -> None:
    page = pages(folder_of(make_run, word), "html")["html"]
    assert form(page) == form(plain) or "\ud800" in word
    for _, attributes in Page(page).elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "action", "data"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,", "data:,"))
        style = attributes.get("style", "")
        assert "evil" not in style
        assert "expression" not in style


@pytest.mark.parametrize("word", HOSTILE)
def test_a_markdown_page_has_no_markup_but_its_own(word: str, make_run: MakeRun) -> None:
    text = pages(folder_of(make_run, word), "markdown")["markdown"]
    ahead = FENCED.sub("", text)
    assert "<" not in ahead
    assert "](" not in ahead.replace("\\](", "").replace("\\]", "")
    headings = [line for line in ahead.splitlines() if line.startswith("#")]
    assert [line.split()[1] for line in headings[1:6]] == SECTIONS
    assert "\x1b" not in text


@pytest.mark.parametrize("word", HOSTILE)
def test_a_chart_of_hostile_names_is_well_formed(word: str, make_run: MakeRun) -> None:
    for chart in learning_curves(read_run(folder_of(make_run, word))):
        if chart.drawing is not None and not set(word) & set("\x1b\x00\ud800"):
            root = ET.fromstring(chart.drawing.__html__())
            assert {element.tag for element in root.iter()} <= CHART
