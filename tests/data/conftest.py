"""Machines on which nothing lies around but what a test puts there."""

from pathlib import Path

import pytest

import nnspec.data.sources


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds this machine's home, cache, system folder and working folder; nothing else is seen."""
    for name in ("home", "cache", "system", "work"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # A proxy of the machine that runs the tests has no business with its loopback.
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("NNSPEC_DATA", raising=False)
    monkeypatch.delenv("NNSPEC_MIRROR", raising=False)
    monkeypatch.setattr(nnspec.data.sources, "SYSTEM_FOLDERS", (tmp_path / "system",))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path
