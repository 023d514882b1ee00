"""A run that was trained once, and copies of it to be spoilt."""

from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from nnspec.api import Silent
from nnspec.runs.execution import execute
from nnspec.runs.reporting import Reporting
from nnspec.spec.specification import load
from runs.spoiling import SPEC


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, beside its spec and its data."""
    folder = tmp_path_factory.mktemp("trained")
    points = np.random.default_rng(1).normal(size=(60, 2))
    np.savez(folder / "points.npz", x=points, y=(points[:, 0] > 0).astype(int))
    (folder / "points.yaml").write_text(SPEC, "utf-8")
    watcher = Reporting(Silent())
    execute(load(folder / "points.yaml"), folder / "run", watcher)
    watcher.run_ended()
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of that run, which a test may spoil; its data lies where it was."""
    return Path(copytree(trained / "run", tmp_path / "run"))
