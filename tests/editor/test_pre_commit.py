"""The hook for pre-commit, installed by the real pre-commit from a clone, and run on a repository of specs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRE_COMMIT = shutil.which("pre-commit")

pytestmark = pytest.mark.skipif(
    PRE_COMMIT is None, reason="needs pre-commit, which installs the hook from PyPI: pip install -e '.[lint]'"
)

GOOD = """\
nnspec: 1
dataset: mnist
input: 784
layers: [{dense: 10}, softmax]
cost: cross_entropy
optimizer: {sgd: 0.1}
"""
CONFIG = """\
repos:
  - repo: {clone}
    rev: {revision}
    hooks:
      - id: nnspec-validate
"""
AUTHOR = {f"GIT_{role}_{what}": "nobody" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def run(command: list[str], folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    # Nothing of a surrounding run of pre-commit or git, and no configuration of this user's.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    own = {"PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}
    return subprocess.run(
        command,
        cwd=folder,
        env=inherited | own | AUTHOR,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def commit(folder: Path, home: Path) -> str:
    """Makes a repository of a folder and returns its one revision."""
    for words in ("init --quiet", "add --all", "commit --quiet --message files"):
        done = run(["git", *words.split()], folder, home)
        assert done.returncode == 0, done.stdout
    return run(["git", "rev-parse", "HEAD"], folder, home).stdout.strip()


def clone(target: Path, home: Path) -> str:
    """What a clone of this project holds, changes included that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if not name.startswith("datasets/") and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return commit(target, home)


def test_the_hook_stops_a_commit_with_a_broken_spec_and_lets_good_ones_pass(tmp_path: Path) -> None:
    home, project, user = tmp_path / "home", tmp_path / "nnspec", tmp_path / "user"
    for folder in (home, project, user / "specs"):
        folder.mkdir(parents=True)
    (user / ".pre-commit-config.yaml").write_text(CONFIG.format(clone=project, revision=clone(project, home)))
    (user / "specs" / "good.yaml").write_text(GOOD)
    (user / "specs" / "broken.yaml").write_text(GOOD.replace("cross_entropy", "crossentropy"))
    (user / "settings.yaml").write_text("this: is no spec\n")
    commit(user, home)

    check = [str(PRE_COMMIT), "run", "--all-files", "nnspec-validate"]
    found = run(check, user, home)
    assert found.returncode == 1, found.stdout
    assert "specs/broken.yaml:5:7: cost: nothing called `crossentropy` among the costs [NS040]" in found.stdout
    assert "did you mean `cross_entropy`?" in found.stdout
    assert "settings.yaml" not in found.stdout

    (user / "specs" / "broken.yaml").write_text(GOOD)
    found = run(check, user, home)
    assert found.returncode == 0, found.stdout
    assert "Passed" in found.stdout
