"""The short form of the fuzz run; the long one is started by hand."""

import subprocess
import sys
from pathlib import Path


def test_thousands_of_damaged_specs_end_in_a_spec_or_in_problems_soon_and_in_little_memory() -> None:
    """In a process of its own, whose memory is nobody else's."""
    script = Path(__file__).parent / "fuzz_specs.py"
    done = subprocess.run([sys.executable, script, "--count", "4000"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("4,000 inputs")
    assert ", 0 failures" in done.stdout
