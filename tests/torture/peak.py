"""How much memory a process takes at its peak."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

# The child tells its own peak: what the `resource` module knows of children starts at the size of their parent.
CHILD = """
import sys
from nnspec.cli.main import main
code = main(sys.argv[1:])
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(peak.split()[1], file=sys.stderr)
sys.exit(code)
"""


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return kilobytes / 1024 if sys.platform != "darwin" else kilobytes / 1024**2
    # Not what `resource` says: a child's figure there starts at the size of its parent.
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measured_run(folder: Path) -> tuple[dict[str, Any], int]:
    """Runs the spec.yaml in a folder.

    Returns:
        The facts of the run, and the bytes that it took.
    """
    command = [sys.executable, "-c", CHILD, "run", "spec.yaml", "-o", "run", "--force"]
    ended = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    facts: dict[str, Any] = json.loads((folder / "run" / "run.json").read_text("utf-8"))
    return facts, int(ended.stderr.split()[-1]) * 1024
