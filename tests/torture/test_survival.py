"""The short forms of what scripts in this folder do for minutes; docs/reliability.md tells what came of those."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("script", "words", "expected"),
    [
        ("kills.py", ["--kills", "4", "--aimed", "3"], "equal"),
        ("full_disk.py", ["--step", "29"], "right"),
        ("crash_prefixes.py", ["--step", "3", "--resumed", "6"], "loadable"),
        ("repetitions.py", ["--count", "3", "moons"], "3 repetitions, 1 hash"),
    ],
)
def test_runs_survive(script: str, words: list[str], expected: str) -> None:
    command = [sys.executable, str(Path(__file__).parent / script), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert expected in done.stdout
