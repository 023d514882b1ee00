"""Times `nnspec validate` beside Python importing the libraries that it stands on: whole processes, taking turns.

python benchmarks/start_up.py        # twenty of each; exit code 1 where validating takes over 1.3 times as long
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

SPEC = Path(__file__).parent.parent / "specs" / "mnist_784_30_10.yaml"
TIMES = 20
LIMIT = 1.3
COMMANDS = {
    "import numpy, pydantic, yaml": [sys.executable, "-c", "import numpy, pydantic, yaml"],
    "nnspec validate": [str(Path(sys.executable).parent / "nnspec"), "validate", str(SPEC)],
    "nnspec --version": [str(Path(sys.executable).parent / "nnspec"), "--version"],
}


def main() -> int:
    """Prints medians and their ratios to the first command's."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    # The first round writes and reads byte code and fills the system's file cache.
    for turn in range(TIMES + 1):
        for name, command in COMMANDS.items():
            taken = _seconds(command)
            if turn:
                seconds[name].append(taken)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    base = medians["import numpy, pydantic, yaml"]
    for name, median in medians.items():
        print(f"{name:30}{median * 1000:6.0f} ms  {median / base:5.2f}")
    ratio = medians["nnspec validate"] / base
    print(f"{'PASS' if ratio <= LIMIT else 'SHORT'}: {ratio:.2f}, at most {LIMIT} asked")
    return int(ratio > LIMIT)


def _seconds(command: Sequence[str]) -> float:
    # Without byte code every start would compile the whole package.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
