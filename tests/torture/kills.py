"""Kills runs again and again, goes on with them, and compares what they leave with an unbroken run.

    python tests/torture/kills.py                      # 500 at random instants, 100 inside writes
    python tests/torture/kills.py --kills 10 --aimed 5

A run is started with ``--resume auto``, killed by SIGKILL, started again, until it ends by itself. Aimed kills
come from within: before or after a chosen system call of the writing, or in the middle of a write.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from calls import Call, answered
from survivor import EVERYTHING, differing, outcome

SETTINGS = ("train.early_stopping.patience=9", "train.epochs=40")
"""So that early stopping ends the run, and it stands for its best epoch."""

Start = Callable[[Path], bool]
"""Starts or goes on with a run in a folder, and may kill it; True where it was killed."""


def arguments(folder: Path) -> list[str]:
    """The command line, the same each time."""
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return ["run", str(folder.parent / "spec.yaml"), "-o", str(folder), "--resume", "auto", *settings]


def at_random(chance: random.Random, longest: float) -> Start:
    """Kills from outside, after a time drawn anew for each start."""

    def start(folder: Path) -> bool:
        command = [sys.executable, "-m", "nnspec", *arguments(folder)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, errors = process.communicate(timeout=chance.uniform(0, longest))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
        assert process.returncode == 0, errors
        return False

    return start


def aimed(chance: random.Random) -> Start:
    """Kills from within, at a system call that is drawn anew for each start."""

    def start(folder: Path) -> bool:
        # Few enough that most starts come to it, many enough to reach every kind of write.
        command = [sys.executable, __file__, "--child", str(chance.randrange(120)), "--folder", str(folder)]
        process = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        assert process.returncode in (0, -signal.SIGKILL), process.stderr
        return process.returncode != 0

    return start


def child(number: int, folder: Path) -> int:
    """A run that kills itself at one of the system calls about its folder."""
    from nnspec.cli.main import main

    calls = 0

    def answer(call: Call, ask: Callable[[], Any]) -> Any:
        nonlocal calls
        calls += 1
        if calls <= number:
            return ask()
        if call.name == "write":
            with call.path.open("ab") as file:
                file.write(call.content[: len(call.content) // 2])
        elif number % 2:
            ask()
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    with answered(folder, answer):
        return main(arguments(folder))


def runs(start: Start, place: Path, kills: int) -> Iterator[tuple[int, Path]]:
    """Runs until there were so many kills: how many each survived, and its folder."""
    number, total = 0, 0
    while total < kills:
        folder, survived = place / f"run-{number}", 0
        while start(folder):
            survived += 1
        number, total = number + 1, total + survived
        yield survived, folder


def tortured(what: str, start: Start, place: Path, kills: int, expected: dict[str, Any]) -> int:
    """Runs, kills, compares and tells; returns how many runs came out otherwise."""
    total, count, wrong = 0, 0, 0
    began = time.monotonic()
    place.mkdir()
    (place / "spec.yaml").write_text(EVERYTHING, "utf-8")
    for survived, folder in runs(start, place, kills):
        found = differing(outcome(folder), expected)
        total, count, wrong = total + survived, count + 1, wrong + bool(found)
        if found:
            print(f"{folder}: killed {survived} times, and differs in {', '.join(found)}", file=sys.stderr)
        print(f"\r{what}: {total} kills ", end="", file=sys.stderr, flush=True)
    minutes = (time.monotonic() - began) / 60
    print(f"\r{what}: {total} kills over {count} runs, {count - wrong} of {count} equal ({minutes:.1f} min)")
    return wrong


def main() -> int:
    """Tortures runs and says how many came out equal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500, help="at random instants")
    parser.add_argument("--aimed", type=int, default=100, help="inside the writing of checkpoints")
    parser.add_argument("--seed", type=int, default=1, help="of the instants")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child is not None:
        return child(args.child, args.folder)
    chance = random.Random(args.seed)  # noqa: S311 -- instants, no secrets
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "spec.yaml").write_text(EVERYTHING, "utf-8")
        began = time.monotonic()
        assert not at_random(chance, 1e6)(place / "unbroken")
        seconds = time.monotonic() - began
        expected = outcome(place / "unbroken")
        wrong = tortured("at random instants", at_random(chance, 1.2 * seconds), place / "a", args.kills, expected)
        wrong += tortured("inside writes", aimed(chance), place / "b", args.aimed, expected)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
