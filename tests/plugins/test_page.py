"""docs/plugins.md: what it shows happens, in an environment of its own, from `plugins new` to a wheel."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs.walkthrough import Command, steps

from nnspec import extend, testing
from nnspec.registry.kinds import KINDS
from nnspec.scaffold.project import NOUNS, Project
from plugins.freshly import Fresh

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="environments are made with shell scripts")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    return Fresh(tmp_path_factory.mktemp("fresh"))


def test_from_nothing_to_a_wheel_takes_five_commands_that_do_what_is_shown(fresh: Fresh, tmp_path: Path) -> None:
    commands = [step for step in steps(PAGE) if isinstance(step, Command)]
    assert len(commands) == 5
    for command in commands:
        done = subprocess.run(  # noqa: S602 -- the page's own lines, as they are typed
            command.line,
            shell=True,
            cwd=tmp_path,
            env=fresh.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        answer = done.stdout.decode()
        assert done.returncode == 0, f"{command.line}\n{answer}"
        assert command.agrees(answer), f"{command.line}\n{answer}"
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert {"nnspec_gain/gain.py", "nnspec_gain/__init__.py"} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_layer_that_is_shown_is_the_one_that_is_written() -> None:
    shown = PAGE.split("```python\n")[1].split("```")[0]
    written = Project.named("nnspec-gain", "layers").files()["nnspec_gain/gain.py"]
    # The page leaves the methods' docstrings out; the text explains them.
    plain = re.sub(r'(def .*:\n)        """.*"""\n', r"\1", written)
    assert shown.strip() == plain.strip()


def test_the_page_tells_of_every_kind_and_of_names_that_exist() -> None:
    for kind, noun in NOUNS.items():
        assert f"\n| {noun} | " in PAGE
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {noun} | "))
        methods = re.findall(r"`(\w+)`", row.split("|")[3])
        assert methods
        assert all(hasattr(KINDS[kind], method) for method in methods)
    for name in re.findall(
        r"`(require_\w+|by_name|part_by_name|FileName|Content|SourceFile|PartOf|ShapeError|Parameter|State)\b",
        PAGE,
    ):
        assert name in extend.__all__
    for name in re.findall(r"\b(check_\w+|output_of)\b", PAGE):
        assert name in testing.__all__


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The parts that the page shows, by name, each imported from a module of its own."""
    monkeypatch.syspath_prepend(tmp_path)
    found: dict[str, Any] = {}
    for index, block in enumerate(PAGE.split("```python\n")[1:]):
        if name := re.search(r"^class (\w+)\(", block, re.MULTILINE):
            (tmp_path / f"shown_{index}.py").write_text(block.split("```")[0], "utf-8")
            found[name[1]] = getattr(import_module(f"shown_{index}"), name[1])
    assert set(found) == {"Gain", "Sharpened", "Brier", "Readings"}
    yield found
    for part in found.values():
        del sys.modules[part.__module__]


def test_the_metric_that_is_shown_keeps_the_contract_and_measures_what_it_says(
    shown: dict[str, Any],
) -> None:
    """Two samples: (0.2² + 0.2²) and (0.6² + 0.6²), halved."""
    metric = shown["Brier"]()
    assert isinstance(metric, extend.Metric)
    testing.check_metric(metric)
    testing.check_metric(shown["Brier"](root=True))
    total = metric.measure(np.array([[0.8, 0.6], [0.2, 0.4]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert metric.result(total) == pytest.approx((0.08 + 0.72) / 2)
    assert metric.text(total) == "0.40000"
    with pytest.raises(extend.TargetsError):
        metric.settle(extend.Targets("numbers", ("price",)))


def test_the_loader_that_is_shown_keeps_the_contract_and_refuses_bad_files(
    shown: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_text("0.5 -1.25 0\n1 2 1\n3 4 1\n5 6 0\n", "utf-8")
    loader = shown["Readings"](path="good.txt", test=0.25)
    assert isinstance(loader, extend.Loader)
    data = testing.check_loader(loader, tmp_path)
    assert (len(data.train), len(data.splits["test"])) == (3, 1)
    assert sorted(np.concatenate([data.train.inputs, data.splits["test"].inputs])[:, 0]) == [0.5, 1, 3, 5]
    assert [file.name for file in data.files] == ["good.txt"]
    for text in ("", "1 2\n3\n", "one two\n", "1\n0\n", "nan 1\n", "1 2\n", "1 1\n", "\x80"):
        (tmp_path / "bad.txt").write_bytes(text.encode("latin-1"))
        with pytest.raises(extend.DataError):
            testing.check_loader(shown["Readings"](path="bad.txt", test=1), tmp_path)


def test_the_parameter_that_is_shown_begins_at_the_option(shown: dict[str, Any]) -> None:
    layer = shown["Sharpened"](width=2.5)
    assert isinstance(layer, extend.Layer)
    parameter = layer.declare((3,)).parameters["s"]
    filled = np.empty(parameter.shape)
    parameter.initializer.fill(filled, 1, 1, np.random.default_rng(0))
    assert filled.tolist() == [[2.5]] * 3


def test_groups_of_entry_points_that_are_shown_are_those_there_are() -> None:
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        groups = tomllib.loads(block)["project"]["entry-points"]
        assert {group.removeprefix("nnspec.") for group in groups} <= set(KINDS)


def test_the_formulas_that_are_shown_name_what_explain_prints(shown: dict[str, Any]) -> None:
    """The output, the input's gradient, and that of each parameter."""
    layer = shown["Gain"]()
    assert isinstance(layer, extend.Layer)
    formulas = re.search(r'`(\{"y".*?\})`', PAGE)
    assert formulas is not None
    assert set(json.loads(formulas[1])) == {"y", "x", *layer.declare((2,)).parameters}
