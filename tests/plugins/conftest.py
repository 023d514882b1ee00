"""A shelf of plugins that is empty again after each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A shelf that this process finds distributions on."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    made = Shelf(folder, monkeypatch)
    yield made
    monkeypatch.undo()
    made.look_again()
