"""docs/plugins.md: what it shows happens, in an environment of its own, from `plugins new` to a wheel."""

import os
import re
import subprocess
import zipfile
from pathlib import Path

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
    for name in re.findall(r"`(require_\w+|by_name|PartOf|ShapeError|Parameter|State)\b", PAGE):
        assert name in extend.__all__
    for name in re.findall(r"\b(check_\w+|output_of)\b", PAGE):
        assert name in testing.__all__
