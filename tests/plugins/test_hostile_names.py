"""What a plugin says of itself reaches a terminal as text, in every verb that lists, explains or tries parts."""

import json

import pytest
from cli.test_hostile_names import ESCAPE, FORBIDDEN

from nnspec.cli.main import main
from plugins.shelf import Shelf

PARTS = f'''\
"""Parts.{ESCAPE}"""
from typing import Annotated, ClassVar
from nnspec.extend import Field, Layer, Loader

class Loud(Layer):
    """loud: layer.{ESCAPE}"""
    size: Annotated[int, Field(description="size{ESCAPE}")] = 1
    def declare(self, shape):
        raise RuntimeError("loud{ESCAPE}")

class Made(Loader):
    """made: samples."""
    made: ClassVar[bool] = True
    licence: ClassVar[str] = "free{ESCAPE}"
'''
BROKEN = f'raise RuntimeError("broken{ESCAPE}")'
VERBS = (
    ["parts"],
    ["parts", "layers", "loud"],
    ["plugins", "list"],
    ["plugins", "check", "nnspec-loud"],
    ["datasets", "list"],
)


@pytest.fixture(autouse=True)
def loud(shelf: Shelf) -> None:
    """A distribution all of whose texts hold control characters."""
    points = {
        "layers": {"loud": "loud_parts:Loud", "gone": "gone_parts:Gone"},
        "loaders": {"noise": "loud_parts:Made", "lost": "gone_parts:Lost"},
    }
    shelf.put("nnspec-loud", "1.0", points, loud_parts=PARTS, gone_parts=BROKEN)


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_no_control_characters_of_a_plugin_reach_the_terminal(
    words: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    main(words)
    shown = "".join(capfd.readouterr())
    assert FORBIDDEN.search(shown) is None, FORBIDDEN.search(shown)
    assert "\ufffd]0;owned\ufffd" in shown


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_in_json_they_are_escaped(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    main([*words, "--json"])
    out = capfd.readouterr().out
    assert FORBIDDEN.search(out) is None, FORBIDDEN.search(out)
    assert "owned" in json.dumps(json.loads(out))
