"""A source whose spec lies in the test's own folder."""

from pathlib import Path

import numpy as np
import pytest

from nnspec.data import Sources


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    """Paths are relative to `tmp_path`; the generator starts alike in every test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NNSPEC_DATA", raising=False)
    return Sources(tmp_path, np.random.default_rng(7), offline=True)
