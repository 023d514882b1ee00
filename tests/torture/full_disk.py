"""Lets the disk be full at every write of a run, each one in turn, and at all that come behind it.

    python tests/torture/full_disk.py                # every call
    python tests/torture/full_disk.py --step 10      # every tenth

Each time: exit code 1 and one sentence, what was saved can be loaded, and with room again the run ends as an
unbroken one does.
"""

import argparse
import errno
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from calls import Call, answered
from survivor import EVERYTHING, differing, outcome

from nnspec.cli.main import main as nnspec
from nnspec.runs.checkpoints import Checkpoints
from nnspec.runs.folder import FACTS, RunFolder

NEEDS_ROOM = ("open", "write", "fsync", "replace", "link", "mkdir")
SETTINGS = ("--set", "train.epochs=3", "--set", "reporters=[html]")


def ran(folder: Path) -> tuple[int, str]:
    """Begins or goes on with a run; its exit code, and what it says of problems."""
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()):
        spec = str(folder.parent / "spec.yaml")
        code = nnspec(["run", spec, "-o", str(folder), "--resume", "auto", *SETTINGS])
    problems = [line for line in said.getvalue().splitlines() if line.startswith(("nnspec:", "Traceback", " "))]
    return code, "\n".join(problems)


class Disk:
    """A disk that is full from its n-th call on.

    Attributes:
        calls: Calls so far that need room.
    """

    def __init__(self, room: float) -> None:
        self.calls = 0
        self._room = room

    def answer(self, call: Call, ask: Callable[[], Any]) -> Any:
        """Does what is asked while there is room; the last write still finds some, but not enough."""
        if call.name not in NEEDS_ROOM:
            return ask()
        self.calls += 1
        if self.calls <= self._room:
            return ask()
        if call.name == "write" and self.calls == self._room + 1 and call.content:
            with call.path.open("ab") as file:
                file.write(call.content[: len(call.content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(call.path))


def complaints(folder: Path, room: int, expected: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a run that has room for so many calls."""
    disk = Disk(room)
    with answered(folder.parent, disk.answer):
        code, said = ran(folder)
    if code != 1:
        yield f"exit code {code}"
    if said.count("\n") or "No space left on device" not in said:
        yield f"said {said!r}"
    if (folder / FACTS).exists():
        Checkpoints(RunFolder.open(folder)).furthest(print)
    code, said = ran(folder)
    if code != 0:
        yield f"with room again: exit code {code}, {said!r}"
    elif found := differing(outcome(folder), expected):
        yield f"with room again: differs in {', '.join(found)}"
    if not (folder / "report.html").exists():
        yield "with room again: no report"


def main() -> int:
    """Fills disks and says how many runs came out right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", type=int, default=1, help="every so manyth call")
    step = parser.parse_args().step
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "spec.yaml").write_text(EVERYTHING, "utf-8")
        counted = Disk(float("inf"))
        with answered(place, counted.answer):
            assert ran(place / "unbroken") == (0, "")
        expected = outcome(place / "unbroken")
        wrong = 0
        rooms = range(0, counted.calls, step)
        for room in rooms:
            found = list(complaints(place / f"run-{room}", room, expected))
            wrong += bool(found)
            if found:
                print(f"room for {room} calls: {'; '.join(found)}", file=sys.stderr)
    print(f"full after each of {len(rooms)} of {counted.calls} calls: {len(rooms) - wrong} of {len(rooms)} right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
