"""`nnspec plugins help`: the contract of a kind, and nothing of the machinery behind it."""

import inspect
import re

import pytest

from nnspec.cli.main import main
from nnspec.contracts.part import Part
from nnspec.registry.kinds import KINDS
from nnspec.scaffold.outline import outline
from nnspec.scaffold.project import NOUNS


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_of_a_contract_is_told_once_with_what_it_means(kind: str) -> None:
    """Compared with what Python itself says that the classes of nnspec define."""
    told = outline(KINDS[kind])
    for owner in (owner for owner in KINDS[kind].__mro__ if issubclass(owner, Part)):
        own = {
            name for name, value in vars(owner).items() if inspect.isfunction(value) or isinstance(value, property)
        }
        stated = {name for name in inspect.get_annotations(owner) if name != "kinds"}
        for name in (name for name in own | stated if not name.startswith(("_", "model_"))):
            heads = re.findall(rf"^    (?:def )?{name}[(:].*\n(        .*)?", told, re.MULTILINE)
            assert len(heads) == 1, name
            assert heads[0].strip() or "description=" in told, name


def test_it_is_short_and_speaks_of_the_contract_alone(capsys: pytest.CaptureFixture[str]) -> None:
    for noun in (*NOUNS.values(), "metrics", "Dataset", "Context"):
        assert main(["plugins", "help", noun]) == 0
        told = capsys.readouterr().out
        assert 5 < len(told.splitlines()) < 130
        assert "pydantic" not in told
        assert "kinds: " not in told


def test_several_are_told_one_after_another_or_none_where_one_is_mistyped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plugins", "help", "Parameter", "State"]) == 0
    assert re.findall(r"^class \w+", capsys.readouterr().out, re.MULTILINE) == ["class Parameter", "class State"]
    assert main(["plugins", "help", "metric", "metrik"]) == 2
    assert capsys.readouterr().out == ""


def test_a_word_that_is_no_contract_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "help", "metrik"]) == 2
    assert "did you mean `metric`?" in capsys.readouterr().err
    assert main(["plugins", "help", "zzzzzz"]) == 2
    assert "one of: layer, activation" in capsys.readouterr().err
