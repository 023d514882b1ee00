"""`nnspec plugins new`: what it writes passes its own tests, for every kind of part."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from nnspec import __version__
from nnspec.cli.main import main
from nnspec.errors import UsageError
from nnspec.registry.kinds import KINDS
from nnspec.scaffold.joining import join
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
        (["nnspec-dense"], "`dense` is a part of nnspec"),
        (["nnspec-x", "--word", "relu"], "choose another, for example `--word my_relu`"),
        (["nnspec-dense", "--kind", "activation"], "`dense` is a part of nnspec"),
        (["taken", "--into", "nowhere"], "nowhere/pyproject.toml: cannot be read"),
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


def test_a_word_that_another_plugin_has_is_refused_and_ones_own_is_not(shelf: Shelf) -> None:
    shelf.put("nnspec-spline", "0.3", {"layers": {"spline": "spline:Spline"}})
    assert Project.named("nnspec-Spline", "layers").word == "spline"
    assert Project.named("nnspec-better", "costs", "spline").word == "spline"
    with pytest.raises(UsageError, match=r"`spline` is a part of nnspec-spline 0\.3"):
        Project.named("nnspec-better", "layers", "spline")


def test_the_spec_pins_its_plugin_and_the_distribution_the_nnspec_it_is_written_for() -> None:
    files = Project.named("nnspec-spline", "layers").files()
    spec = yaml.safe_load(files["specs/spline.yaml"])
    assert spec["plugins"] == {"nnspec-spline": ">=0.1.0"}
    wanted = tomllib.loads(files["pyproject.toml"])["project"]["dependencies"][0]
    major, minor = map(int, __version__.split(".")[:2])
    assert wanted == f"nnspec>={major}.{minor},<{major}.{minor + 1}"
    assert "plugins" not in yaml.safe_load(Project.named("nnspec-x", "executors").files()["specs/x.yaml"])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_further_parts_join_a_distribution_whose_file_is_kept(tmp_path: Path, end: str) -> None:
    """Comments, order and ends of lines stay; a second part of a kind stands in the kind's group."""
    folder = tmp_path / "nnspec-spline"
    Project.named("nnspec-spline", "layers").write(folder)
    about = folder / "pyproject.toml"
    before = (about.read_text("utf-8") + "# mine\n").replace("\n", end)
    about.write_bytes(before.encode())
    parts = (("metrics", "bends"), ("metrics", "knots"), ("layers", "b"))
    made = [join(folder, kind, word) for kind, word in parts]
    assert [path.relative_to(folder).as_posix() for path in made[0]] == [
        "nnspec_spline/bends.py",
        "tests/test_bends.py",
        "specs/bends.yaml",
        "pyproject.toml",
    ]
    after = about.read_bytes().decode()
    assert set(before.split(end)) <= set(after.split(end))
    assert len(after.split(end)) == len(before.split(end)) + 5
    assert tomllib.loads(after)["project"]["entry-points"] == {
        "nnspec.layers": {"spline": "nnspec_spline.spline:Spline", "b": "nnspec_spline.b:B"},
        "nnspec.metrics": {"bends": "nnspec_spline.bends:Bends", "knots": "nnspec_spline.knots:Knots"},
    }


def test_a_joined_part_passes_its_test_and_is_sound(
    shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "nnspec-spline"
    Project.named("nnspec-spline", "layers").write(folder)
    assert main(["plugins", "new", "bends", "--kind", "metric", "--into", str(folder)]) == 0
    install(folder, shelf)
    shelf.look_again()
    assert main(["plugins", "check", "nnspec-spline"]) == 0
    assert capsys.readouterr().out.count("sound, tried with") == 2
    assert main(["validate", str(folder / "specs")]) == 0


def test_packages_below_src_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "nnspec-spline"
    Project.named("nnspec-spline", "layers").write(folder)
    (folder / "src").mkdir()
    (folder / "nnspec_spline").rename(folder / "src" / "nnspec_spline")
    assert join(folder, "metrics", "bends")[0] == folder / "src" / "nnspec_spline" / "bends.py"
    assert not (folder / "nnspec_spline").exists()


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("[project", "is no TOML"),
        ("[tool.x]", "names no distribution"),
        ('[project]\nname = "nnspec-other"', "there is no such folder"),
        ('[project]\nname = "nnspec-spline"\nentry-points = {"nnspec.layers" = {a = "b:c"}}', "by hand"),
        ('[project]\nname = "nnspec-spline"\n[project.entry-points."nnspec.metrics"]\nbends = "a:b"', "by hand"),
    ],
)
def test_nothing_is_written_where_a_part_cannot_join(tmp_path: Path, about: str, said: str) -> None:
    (tmp_path / "nnspec_spline").mkdir()
    (tmp_path / "pyproject.toml").write_text(about, "utf-8")
    with pytest.raises(UsageError, match=said):
        join(tmp_path, "metrics", "bends")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["nnspec_spline", "pyproject.toml"]
    assert (tmp_path / "pyproject.toml").read_text("utf-8") == about


def test_a_module_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "nnspec-spline"
    Project.named("nnspec-spline", "layers").write(folder)
    (folder / "nnspec_spline" / "bends.py").write_text("years of work", "utf-8")
    about = (folder / "pyproject.toml").read_bytes()
    with pytest.raises(UsageError, match=r"bends\.py: exists already"):
        join(folder, "metrics", "bends")
    assert (folder / "pyproject.toml").read_bytes() == about
    assert not (folder / "tests" / "test_bends.py").exists()
