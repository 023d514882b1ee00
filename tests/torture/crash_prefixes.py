"""Loses the power after every system call of a run, in every way that a file system allows.

    python tests/torture/crash_prefixes.py

A run's calls are recorded. What a disk may hold after each of them follows from what was synced by then: what was
written to files and not synced may be there, or not, or in part; changes of names in a folder that was not synced
may have happened up to any of them, in order, each folder by itself.In each such state there is a loadable
checkpoint, or nothing that claims to be a run; and from some, chosen evenly, a run goes on as if nothing had been.
"""

import argparse
import io
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from calls import Call, answered
from survivor import EVERYTHING, differing, outcome

from nnspec.cli.main import main as nnspec
from nnspec.errors import NnspecError
from nnspec.runs.checkpoints import Checkpoints
from nnspec.runs.resume import Earlier

SETTINGS = ("--set", "train.epochs=3")

Names = dict[Path, int]
"""Which file each name stands for."""


@dataclass
class File:
    """What a file holds, and what of it would survive."""

    content: bytes = b""
    synced: bytes = b""

    def survivals(self) -> tuple[bytes, bytes, bytes]:
        """What may be left: the synced content alone, all, or a part of what was added."""
        part = self.content[: (len(self.synced) + len(self.content)) // 2]
        return self.synced, self.content, part


@dataclass
class Folder:
    """Which names are in a folder now, which would survive, and what it went through since: the last as now."""

    names: Names = field(default_factory=dict)
    durable: Names = field(default_factory=dict)
    pending: list[Names] = field(default_factory=list)

    def rename(self, names: Names) -> None:
        """Other names; none of it is synced."""
        self.names = names
        self.pending.append(names)

    def sync(self) -> None:
        """The names survive."""
        self.durable, self.pending = self.names, []


@dataclass
class Disk:
    """A file system that keeps account of what is synced. Names are moved within a folder only."""

    files: list[File] = field(default_factory=list)
    folders: dict[Path, Folder] = field(default_factory=lambda: defaultdict(Folder))

    def take(self, call: Call) -> None:
        """Does what a process asks for."""
        getattr(self, f"_{call.name}")(call)

    def states(self) -> Iterator[dict[Path, bytes]]:
        """What may be there after a loss of power: content by name."""
        ways = [(folder.durable, *folder.pending) for folder in self.folders.values()]
        for survived, way in product(product(*ways), range(3)):
            yield {
                path: self.files[number].survivals()[way] for names in survived for path, number in names.items()
            }

    def _open(self, call: Call) -> None:
        folder = self.folders[call.path.parent]
        if call.path not in folder.names:
            self.files.append(File())
            folder.rename(folder.names | {call.path: len(self.files) - 1})
        elif not call.appends:
            self._file(call.path).content = b""

    def _write(self, call: Call) -> None:
        self._file(call.path).content += call.content

    def _fsync(self, call: Call) -> None:
        if call.path in self.folders:
            self.folders[call.path].sync()
        else:
            self._file(call.path).synced = self._file(call.path).content

    def _replace(self, call: Call) -> None:
        self._rename(call, moved=True)

    def _link(self, call: Call) -> None:
        self._rename(call, moved=False)

    def _unlink(self, call: Call) -> None:
        folder = self.folders[call.path.parent]
        folder.rename({path: number for path, number in folder.names.items() if path != call.path})

    def _mkdir(self, call: Call) -> None:
        self.folders[call.path] = Folder()

    def _rename(self, call: Call, *, moved: bool) -> None:
        assert call.other is not None
        assert call.other.parent == call.path.parent
        folder = self.folders[call.path.parent]
        kept = {path: number for path, number in folder.names.items() if not (moved and path == call.path)}
        folder.rename(kept | {call.other: folder.names[call.path]})

    def _file(self, path: Path) -> File:
        return self.files[self.folders[path.parent].names[path]]


def ran(folder: Path) -> int:
    """Begins or goes on with a run, silently."""
    spec = str(folder.parent / "spec.yaml")
    with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
        return nnspec(["run", spec, "-o", str(folder), "--resume", "auto", *SETTINGS])


def recorded(folder: Path) -> list[Call]:
    """The calls of a whole run that succeeded."""
    calls: list[Call] = []

    def answer(call: Call, ask: Callable[[], Any]) -> Any:
        result = ask()
        calls.append(call)
        return result

    with answered(folder, answer):
        assert ran(folder) == 0
    return calls


def lay_out(state: dict[Path, bytes], origin: Path, folder: Path) -> None:
    """Makes a folder of a state."""
    (folder / "checkpoints").mkdir(parents=True)
    for path, content in state.items():
        (folder / path.relative_to(origin)).write_bytes(content)


def complaint(folder: Path) -> str | None:
    """What is wrong with a folder that a run died in."""
    if not (folder / "run.json").exists():
        return None
    try:
        Earlier.open(folder)
        Checkpoints(Earlier.open(folder).folder).furthest(print)
    except NnspecError as error:
        return str(error)
    return None


def main() -> int:
    """Cuts the power everywhere and says what became of the runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resumed", type=int, default=200, help="from how many states a run goes on")
    parser.add_argument("--step", type=int, default=1, help="after every so manyth call")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "spec.yaml").write_text(EVERYTHING, "utf-8")
        origin = place / "unbroken"
        calls = recorded(origin)
        states: dict[int, dict[Path, bytes]] = {}
        disk = Disk()
        for number, call in enumerate(calls):
            disk.take(call)
            if number % args.step == 0:
                states |= {hash(frozenset(state.items())): state for state in disk.states()}
        wrong, unequal = 0, 0
        every = max(1, len(states) // args.resumed)
        for number, state in enumerate(states.values()):
            folder = place / f"state-{number}"
            lay_out(state, origin, folder)
            if (found := complaint(folder)) is not None:
                wrong += 1
                print(f"state {number}: {found}", file=sys.stderr)
            elif number % every == 0 and (ran(folder) or differing(outcome(folder), outcome(origin))):
                unequal += 1
                print(f"state {number}: does not go on to the same end", file=sys.stderr)
        count = len(range(0, len(states), every))
    loadable = len(states) - wrong
    print(f"{len(calls)} calls, {len(states)} states: {loadable} loadable; {count - unequal} of {count} equal")
    return 1 if wrong or unequal else 0


if __name__ == "__main__":
    sys.exit(main())
