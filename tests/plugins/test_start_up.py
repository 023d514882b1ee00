"""Starting does not get slower with what is installed: listing reads metadata, and no more of it than it must."""

import os
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time

import pytest

from plugins.shelf import Shelf

SPEC = Path(__file__).parents[2] / "specs" / "mnist_784_30_10.yaml"
COUNT, ROUNDS, BOUTS = 100, 16, 3
BOUND = 1.15
"""How much longer validating may take with so many distributions than with none."""
DESCRIPTION = "\n\nA description as long as they are.\n" * 300


@pytest.fixture
def crowded(shelf: Shelf) -> Path:
    """A folder with many plugins, of five parts each, which fail where they are imported."""
    for number in range(COUNT):
        points = {
            kind: {f"{kind}_{number}": f"plugin_{number}:Part"}
            for kind in ("layers", "activations", "costs", "loaders", "metrics")
        }
        shelf.put(f"nnspec-plugin-{number}", "0.1", points)
        about = next(shelf.folder.glob(f"nnspec_plugin_{number}-*")) / "METADATA"
        about.write_text(about.read_text("utf-8") + DESCRIPTION, "utf-8")
    (shelf.folder / "plugin_0.py").write_text("raise SystemExit('was imported')\n", "utf-8")
    return shelf.folder


def seconds(path: Path) -> float:
    """How much processor time it takes to validate a spec with this folder on the path."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "nnspec", "validate", str(SPEC)], env=environment, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Not the time on the clock: that is about whoever else uses the machine.
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def test_many_plugins_do_not_slow_validation_down(crowded: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for path in (crowded, empty):
        seconds(path)
    taken: dict[Path, list[float]] = {crowded: [], empty: []}
    for _ in range(BOUTS):
        for turn in range(ROUNDS):
            # Each goes first as often: a machine that warms up, or slows down, does so for both.
            for path in sorted(taken, reverse=bool(turn % 2)):
                taken[path].append(seconds(path))
        # The least of many: what else the machine does only ever adds. Where it was busy all the while, once more.
        ratio = min(taken[crowded]) / min(taken[empty])
        if ratio < BOUND:
            break
    assert ratio < BOUND, f"{ratio:.3f} times as long with {COUNT} plugins"


@pytest.mark.usefixtures("crowded")
def test_listing_many_plugins_takes_milliseconds() -> None:
    from nnspec.registry import Catalogue

    started = process_time()
    found = [entry for entry in Catalogue().entries("layers") if entry.distribution.startswith("nnspec-plugin-")]
    assert len(found) == COUNT
    assert process_time() - started < 1
