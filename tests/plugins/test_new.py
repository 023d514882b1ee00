"""`nnspec plugins new`: what it writes passes its own tests, for every kind of part."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nnspec.cli.main import main
from nnspec.registry.kinds import KINDS
from nnspec.scaffold.project import NOUNS, Project, kind_of
from plugins.shelf import Shelf


def install(folder: Path, shelf: Shelf) -> None:
    """Puts a written project on the shelf, as pip would."""
    about = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    points = {group.removeprefix("nnspec."): named for group, named in about["entry-points"].items()}
    shelf.put(about["name"], about["version"], points)
    (package,) = {target.partition(".")[0] for named in points.values() for target in named.values()}
    shutil.copytree(folder / package, shelf.folder / package)


@pytest.fixture
def projects(shelf: Shelf, tmp_path: Path) -> dict[str, Path]:
    """A project of each kind, written and installed."""
    folders = {}
    for kind, noun in NOUNS.items():
        project = Project.named(f"nnspec-first-{noun}", kind)
        folders[kind] = tmp_path / project.distribution
        project.write(folders[kind])
        install(folders[kind], shelf)
    shelf.look_again()
    return folders


def test_a_new_project_of_every_kind_passes_its_own_tests(projects: dict[str, Path], shelf: Shelf) -> None:
    assert set(projects) == set(KINDS)
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-W",
        "error",
        "--import-mode=importlib",
    ]
    done = subprocess.run(
        [*words, *(folder / "tests" for folder in projects.values())],
        env={"PYTHONPATH": str(shelf.folder), "PATH": ""},
        cwd=shelf.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{2 * len(KINDS)} passed" in done.stdout


def test_a_new_project_of_every_kind_is_sound_and_its_spec_is_good(
    projects: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", *(str(folder / "specs") for folder in projects.values())]) == 0
    assert main(["plugins", "list"]) == 0
    listed = capsys.readouterr().out
    for kind, folder in projects.items():
        assert main(["plugins", "check", folder.name]) == 0, folder.name
        said = capsys.readouterr().out
        assert "sound, tried with" in said
        word = f"first_{NOUNS[kind]}"
        row = next(line.split() for line in listed.splitlines() if line.startswith(word))
        assert row == [word, kind, folder.name, "0.1.0", "1", "healthy"]


def test_what_is_written_is_formatted_and_lints(tmp_path: Path) -> None:
    pytest.importorskip("ruff", reason="needs ruff, of the extra `lint`")
    for kind, noun in NOUNS.items():
        folder = tmp_path / noun
        Project.named(f"nnspec-first-{noun}", kind).write(folder)
        ruff = [sys.executable, "-m", "ruff"]
        style = ["--isolated", "--line-length", "115"]
        rules = ["--select", "I,E,F,D1,UP,B,RUF", "--ignore", "RUF002"]
        subprocess.run([*ruff, "check", "-q", *style, *rules], cwd=folder, check=True)
        subprocess.run([*ruff, "format", "-q", "--check", *style], cwd=folder, check=True)


def test_the_part_is_named_after_the_distribution_or_by_a_word() -> None:
    assert Project.named("nnspec-spline", "layers") == Project("nnspec-spline", "layers", "spline")
    assert Project.named("Acme.Wave-Bank", "layers").word == "acme_wave_bank"
    assert Project.named("nnspec-spline", "layers", "b_spline").word == "b_spline"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x y"], "cannot name a distribution"),
        (["a/b"], "cannot name a distribution"),
        (["nnspec"], "cannot name a part"),
        (["nnspec-class"], "`class` cannot name a part"),
        (["3d"], "`3d` cannot name a part"),
        (["nnspec-x", "--word", "X-1"], "`X-1` cannot name a part"),
        (["nnspec-x", "--kind", "layr"], "did you mean `layer`?"),
        (["nnspec-x", "--kind", "zzz"], "one of: layer, activation"),
        (["taken"], "exists already"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("years of work", "utf-8")
    assert main(["plugins", "new", *words]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["taken", "thesis.txt"]


def test_kinds_go_by_their_singular_too() -> None:
    assert kind_of("layer") == kind_of("layers") == "layers"
    assert kind_of("lawyer") is None
