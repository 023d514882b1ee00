"""Specs say which plugins they need, runs which they were made with; what is missing or other is named."""

import json
import warnings
from pathlib import Path

import pytest

from nnspec.cli.main import main
from nnspec.errors import PartWarning, SpecError, UsageError
from nnspec.runs.opened import OpenedRun
from nnspec.spec.specification import parse
from plugins.shelf import DOUBLE, Shelf

SPEC = """\
nnspec: 1
name: pinned
dataset: xor
input: 2
layers: [double, {dense: {units: 1, activation: sigmoid}}]
cost: quadratic
optimizer: {sgd: 0.1}
train: {epochs: 1}
"""
POINTS = {"layers": {"double": "twice:Double"}}


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        ("nnspec-absent: '>=0.1'", ("9:11: plugins.nnspec-absent: no plugin called `nnspec-absent` is installed",
                                    "pip install 'nnspec-absent>=0.1'")),
        ("nnspec-twice: '>=0.4, <1'", ("9:25: plugins.nnspec-twice: this spec is for nnspec-twice >=0.4, <1; 0.3",
                                       "pip install 'nnspec-twice>=0.4,<1'")),
        ("nnspec-twice: latest", ("9:25: plugins.nnspec-twice: expected versions such as", 'write `""`')),
        ("nnspec-twice: '0.3'", ("write `==0.3` for this one, or `>=0.3`",)),
        ("nnspec-twice: 0.3", ("expected text, found 0.3",)),
    ],
)  # fmt: skip
def test_pins_that_do_not_fit_are_named_before_anything_runs(
    shelf: Shelf, pin: str, said: tuple[str, ...]
) -> None:
    shelf.put("nnspec-twice", "0.3", POINTS, twice=DOUBLE)
    with pytest.raises(SpecError) as caught:
        parse(f"{SPEC}plugins: {{{pin}}}\n")
    assert len(caught.value.problems) == 1
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize("pin", [">=0.1,<1", "==0.3", "~=0.2", "!=0.4", "", ">=0.1, <1", "<=0.3"])
def test_pins_that_fit_are_kept_in_the_resolved_spec(shelf: Shelf, pin: str) -> None:
    shelf.put("Nnspec_Twice", "0.3", POINTS, twice=DOUBLE)
    spec = parse(f"{SPEC}plugins: {{nnspec-twice: '{pin}'}}\n")
    assert spec.resolved()["plugins"] == {"nnspec-twice": pin}
    assert spec.plugins == {"Nnspec_Twice": "0.3"}


def test_a_release_candidate_that_is_installed_fits(shelf: Shelf) -> None:
    shelf.put("nnspec-twice", "0.4rc1", POINTS, twice=DOUBLE)
    assert parse(f"{SPEC}plugins: {{nnspec-twice: '>=0.3'}}\n")


def test_a_missing_plugin_is_named_beside_the_part_that_it_brings() -> None:
    with pytest.raises(SpecError) as caught:
        parse(f"{SPEC}plugins: {{nnspec-twice: '>=0.3'}}\n")
    part, pin = map(str, caught.value.problems)
    advice = "pip install 'nnspec-twice>=0.3'"
    assert "nothing called `double`" in part
    assert part.endswith(f"= perhaps it comes with a plugin that is missing here: {advice}")
    assert pin.endswith(f"= {advice}")


def test_a_missing_plugin_hides_no_misspelling_and_one_that_is_there_is_not_blamed(shelf: Shelf) -> None:
    with pytest.raises(SpecError, match=r"did you mean `dense`\? Or perhaps it comes with .* install 'nnspec-a'"):
        parse(f"{SPEC.replace('double', 'denes')}plugins: {{nnspec-a: ''}}\n")
    shelf.put("nnspec-twice", "0.3", POINTS, twice=DOUBLE)
    with pytest.raises(SpecError) as caught:
        parse(f"{SPEC.replace('double', 'doubt')}plugins: {{nnspec-twice: '>=0.3'}}\n")
    assert "perhaps" not in str(caught.value)


def test_no_plugins_keeps_every_plugin_out(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NNSPEC_PLUGINS", raising=False)
    shelf.put("nnspec-twice", "0.3", POINTS, twice="raise SystemError('was imported')")
    path = tmp_path / "spec.yaml"
    path.write_text(f"{SPEC}plugins: {{nnspec-twice: '>=0.1'}}\n", "utf-8")
    for words in (["--no-plugins", "validate", str(path)], ["validate", "--no-plugins", str(path)]):
        monkeypatch.setenv("NNSPEC_PLUGINS", "nnspec-twice")
        shelf.look_again()
        assert main(words) == 2
        err = capsys.readouterr().err
        assert "nnspec-twice 0.3 may not be loaded here" in err
        assert "`double` is a part of nnspec-twice 0.3, which may not be loaded here" in err
        assert "was imported" not in err


def test_a_run_says_which_plugins_it_was_made_with_and_what_has_changed_since(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("nnspec-twice", "0.3", POINTS, twice=DOUBLE)
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC, "utf-8")
    facts = []
    for name in ("first", "second"):
        assert main(["run", str(spec), "-o", str(tmp_path / name), "--json"]) == 0
        facts.append(json.loads(capsys.readouterr().out))
        if name == "first":
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                assert OpenedRun(tmp_path / "first").checkpoint.state["plugins"] == {"nnspec-twice": "0.3"}
            shelf.take("nnspec-twice", "0.3")
            shelf.put("nnspec-twice", "0.4", POINTS, twice=DOUBLE)
    assert [each["plugins"] for each in facts] == [{"nnspec-twice": "0.3"}, {"nnspec-twice": "0.4"}]
    assert facts[0]["fingerprint"] != facts[1]["fingerprint"]
    assert "nnspec-twice 0.3" in (tmp_path / "first" / "report.md").read_text("utf-8").replace("\\", "")
    with pytest.warns(PartWarning, match=r"nnspec-twice was 0\.3 when this run was trained, and is 0\.4 now"):
        OpenedRun(tmp_path / "first")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["evaluate", str(tmp_path / "first")]) == 0
    assert "nnspec: warning: " in capsys.readouterr().err
    shelf.take("nnspec-twice", "0.4")
    with pytest.raises(UsageError, match=r"pip install nnspec-twice==0\.3"):
        OpenedRun(tmp_path / "first")
