"""`nnspec plugins list` and `check`: whether what others bring is sound, with an exit code for scripts."""

import json

import pytest

from nnspec.cli.main import main
from plugins.shelf import Shelf

GOOD = '''"""odd: twice the input.

    layers: [odd]
"""
from nnspec.extend import Declaration, Layer
class Odd(Layer):
    def declare(self, shape): return Declaration(shape)
    def forward(self, x, p, ctx): return x * 2
    def backward(self, dy, p, g, ctx): return dy * 2
'''
POINTS = {"layers": {"odd": "odd_parts:Odd"}}


def answered(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["plugins", *words]) == code
    return capsys.readouterr().out


def test_without_plugins_both_say_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from nnspec.registry import default_resolver

    monkeypatch.setenv("NNSPEC_PLUGINS", "")
    default_resolver.cache_clear()
    assert "no plugins are installed" in answered(capsys, "check")
    default_resolver.cache_clear()


def test_a_sound_plugin_is_healthy_and_passes(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.put("odd-parts", "0.3", POINTS, odd_parts=GOOD)
    (row,) = [row for row in json.loads(answered(capsys, "list", "--json")) if row["distribution"] == "odd-parts"]
    assert row == {
        "name": "odd", "kind": "layers", "distribution": "odd-parts", "version": "0.3", "contract": "1",
        "state": "healthy",
    }  # fmt: skip
    (verdict,) = json.loads(answered(capsys, "check", "Odd_Parts", "--json"))
    assert verdict["sound"] is True
    assert "sound, tried with 1 set of options" in answered(capsys, "check", "odd-parts")


@pytest.mark.parametrize(
    ("source", "contract", "state", "found"),
    [
        ("raise OSError('no disk')", "?", "OSError: no disk", "OSError: no disk"),
        (GOOD.replace("Layer):", "Layer):\n    api = 9"), "9", "contract version 9", "contract version 9"),
        (GOOD.replace("return dy * 2", "return dy"), "1", "healthy", "the gradient by x"),
        (GOOD.replace("return dy * 2", "exit(2)"), "1", "healthy", "SystemExit: 2"),
        (GOOD.replace("return x * 2", "return self.nothing"), "1", "healthy", "AttributeError"),
    ],
    ids=["import", "contract", "gradient", "exits", "raises"],
)
def test_what_is_wrong_is_said_and_fails_the_check(
    shelf: Shelf, capsys: pytest.CaptureFixture[str], source: str, contract: str, state: str, found: str
) -> None:
    shelf.put("odd-parts", "0.3", POINTS, odd_parts=source)
    (row,) = [row for row in json.loads(answered(capsys, "list", "--json")) if row["distribution"] == "odd-parts"]
    assert row["contract"] == contract
    assert state in row["state"]
    said = answered(capsys, "check", "odd-parts", code=3)
    assert "NOT SOUND" in said
    assert found in said
    (verdict,) = json.loads(answered(capsys, "check", "odd-parts", "--json", code=3))
    assert verdict["sound"] is False
    assert found in verdict["found"]


def test_a_taken_name_and_a_plugin_that_is_kept_out_are_listed_as_such(
    shelf: Shelf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("odd-parts", "0.3", {"layers": {"dense": "odd_parts:Odd"}}, odd_parts=GOOD)
    assert "the name is taken: it goes by `odd-parts.dense`" in answered(capsys, "list")
    monkeypatch.setenv("NNSPEC_PLUGINS", "other")
    shelf.look_again()
    assert "NNSPEC_PLUGINS keeps it out" in answered(capsys, "list")


def test_a_distribution_that_brings_nothing_is_answered_with_those_that_do(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("odd-parts", "0.3", POINTS, odd_parts=GOOD)
    assert main(["plugins", "check", "od-parts"]) == 2
    assert "did you mean `odd-parts`?" in capsys.readouterr().err


LOADER = '''"""odd: numbers from a file.

    dataset: {odd: numbers.txt}
"""
from typing import Annotated
from nnspec.extend import Field, Loader
class Odd(Loader):
    primary = "path"
    path: Annotated[str, Field(description="the file")]
    def load(self, source): raise RuntimeError("never called")
'''


def test_a_loader_whose_files_are_not_here_is_not_called_tried(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("odd-parts", "0.3", {"loaders": {"odd": "odd_parts:Odd"}}, odd_parts=LOADER)
    said = answered(capsys, "check", "odd-parts")
    assert "described well; not run (its files are not here; use check_loader(part, folder))" in said
    assert "tried" not in said
