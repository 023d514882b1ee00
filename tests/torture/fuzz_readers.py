"""Damaged and hostile files by the hundred thousand, for every reader of files that others wrote.

    python tests/torture/fuzz_readers.py --count 200000               hours; a line for each reader
    python tests/torture/fuzz_readers.py --only pickle npz --count 5000
    python tests/torture/fuzz_readers.py --only pickle --write 4711   one input again, written to stdout

Each must end in data or in an error of nnspec's own: no traceback, no warning, nothing longer than 2 s, never more
than 1 GB, no code run, no file opened outside the folder of the input, over which Python's audit hooks watch.
Inputs depend on the seed and their number alone.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import chdir, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import good_files as good
import numpy as np
from damage import archives, checkpoints, gzips, lines_of_json, of_bytes, of_json, pickles, pictures
from peak import peak_megabytes

from nnspec.data.sources import Sources
from nnspec.errors import NnspecError
from nnspec.inputs.arrays import read_csv, read_npy, read_npz
from nnspec.inputs.fields import Field, Fields
from nnspec.inputs.pictures import read_picture
from nnspec.parts.loaders.csv import Csv
from nnspec.parts.loaders.idx import Idx
from nnspec.parts.loaders.image_folder import ImageFolder
from nnspec.parts.loaders.npy import Npy
from nnspec.parts.loaders.npz import Npz
from nnspec.parts.loaders.pickle import Pickle
from nnspec.report.facts import read_run
from nnspec.report.pages import pages
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.folder import RunFolder

SECONDS, MEGABYTES = 2.0, 1000
HUNG = 10.0
"""Seconds after which an input is interrupted."""
PAGES_EVERY = 100
"""One damaged run folder of so many is made into pages, which takes a hundred times as long as reading it."""

# Who reads it.


@dataclass(frozen=True)
class Reader:
    """What reads a kind of file.

    Attributes:
        file: The name of the file.
        made: Makes a damaged one.
        read: Reads the folder that holds it; the input's number says in which way, where there are several.
    """

    file: str
    made: Callable[[Random], bytes]
    read: Callable[[int], object]


def source() -> Sources:
    """Where loaders find files: here."""
    return Sources(None, np.random.default_rng(1), offline=True, progress=False)


def in_turn(*ways: Callable[[], object]) -> Callable[[int], object]:
    """One way of reading after the other."""
    return lambda number: ways[number % len(ways)]()


def read_folder(number: int) -> object:
    """A run folder as its pages read it, sometimes with the pages."""
    return pages(Path("run"), "html", "markdown") if number % PAGES_EVERY == 0 else read_run(Path("run"))


def read_evidence(number: int) -> object:
    """What lies beside the facts of a run, always as pages."""
    return pages(Path("run"), "html") if number % 10 == 0 else Npz(path="run/evidence.npz").load(source())


FIELDS = Fields([Field("petal"), Field("colour", ("red", "blue"))])
SHAPED = Npy(inputs="x.npy", targets="y.npy", task="regression")
READERS = {
    "idx": Reader("x.idx", of_bytes([good.IMAGES, good.idx(good.X, 13), good.LABELS]), in_turn(
        lambda: Idx(train_images="x.idx", train_labels="labels.idx").load(source()),
        lambda: Idx(train_images="images.idx", train_labels="x.idx").load(source()),
        lambda: Idx(train_images="x.idx", train_labels="labels.idx", in_memory=False).load(source()),
    )),
    "gzip": Reader("x.gz", gzips, in_turn(lambda: Csv(path="x.gz").load(source()))),
    "npz": Reader("x.npz", archives, in_turn(
        lambda: Npz(path="x.npz").load(source()), lambda: read_npz(Path("x.npz"), None),
    )),
    "npy": Reader("x.npy", of_bytes(good.ARRAYS), in_turn(
        lambda: SHAPED.load(source()), lambda: read_npy(Path("x.npy")),
        lambda: SHAPED.model_copy(update={"in_memory": False}).load(source()),
    )),
    "csv": Reader("x.csv", of_bytes(good.TABLES), in_turn(
        lambda: Csv(path="x.csv").load(source()), lambda: Csv(path="x.csv", target=("petal",)).load(source()),
        lambda: read_csv(Path("x.csv"), FIELDS), lambda: Csv(path="x.csv", delimiter=";").load(source()),
    )),
    "png": Reader("letters/a/x.png", pictures, in_turn(
        lambda: ImageFolder(path="letters", size=(6, 6)).load(source()),
        lambda: read_picture(Path("letters/a/x.png"), 1),
        lambda: ImageFolder(path="letters", size=(6, 6), color="rgb").load(source()),
        lambda: read_picture(Path("letters/a/x.png"), 3),
    )),
    "pickle": Reader("x.pkl", pickles, in_turn(lambda: Pickle(path="x.pkl").load(source()))),
    "checkpoint": Reader("run/checkpoints/last.safetensors", checkpoints, in_turn(
        lambda: Checkpoint.load(Path("run/checkpoints/last.safetensors")).position,
    )),
    "run.json": Reader("run/run.json", of_json(good.FACTS), lambda number: (
        RunFolder.open(Path("run")).facts() if number % 2 else read_folder(number)
    )),
    "metrics.jsonl": Reader("run/metrics.jsonl", lines_of_json, read_folder),
    "evidence.npz": Reader("run/evidence.npz", archives, read_evidence),
}  # fmt: skip


def prepare() -> None:
    """Puts good files beside those that are to be damaged, and reads all once, so that all is imported."""
    for name, content in (("labels.idx", good.LABELS), ("images.idx", good.IMAGES), ("y.npy", good.npy(good.Y))):
        Path(name).write_bytes(content)
    for name in "ab":
        (Path("letters") / name).mkdir(parents=True)
        (Path("letters") / name / "good.png").write_bytes(good.PICTURE_FILES[0])
    good.run_folder(Path("run"))
    for reader in READERS.values():
        was = Path(reader.file).read_bytes() if Path(reader.file).exists() else None
        for number in range(200):
            Path(reader.file).write_bytes(reader.made(Random(number)))  # noqa: S311
            with suppress(Exception):
                reader.read(number)
        restore(reader, was)


def restore(reader: Reader, was: bytes | None) -> None:
    """Leaves the next reader a sound folder."""
    if was is None:
        Path(reader.file).unlink()
    else:
        Path(reader.file).write_bytes(was)


# Who watches.

FORBIDDEN = (
    "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.kill",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.putenv", "exec",
    "subprocess.", "import", "pickle.find_class", "marshal.", "socket.", "ctypes.", "shutil.", "code.", "pty.",
    "webbrowser.", "urllib.", "sqlite3.", "builtins.input", "builtins.breakpoint", "signal.pthread_kill",
)  # fmt: skip


@dataclass
class Guard:
    """Notes what an input makes the process do that no reading of data does.

    Attributes:
        home: The folder in which files may be read.
        armed: Whether an input is being read.
        seen: What was done.
    """

    home: str
    armed: bool = False
    seen: list[str] = field(default_factory=list)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called by Python whenever something is done that may be of interest."""
        if not self.armed:
            return
        if event == "open":
            forbidden = isinstance(arguments[0], str | bytes) and self._is_outside(*arguments)
        else:
            forbidden = event.startswith(FORBIDDEN) and not (event == "import" and arguments[0] in sys.modules)
        if forbidden:
            self.seen.append(f"{event} {arguments!r}"[:200])

    def _is_outside(self, path: str | bytes, mode: str | None, flags: int) -> bool:
        inside = str(Path(path.decode() if isinstance(path, bytes) else path).absolute()).startswith(self.home)
        return not inside or bool(flags & 3) or bool(mode and set(mode) & set("wax+"))


@dataclass
class Tally:
    """What came of a reader's inputs so far.

    Attributes:
        data: How many were data all the same.
        slowest: Seconds of processor time of the slowest, and its number.
        failures: What must not happen.
    """

    data: int = 0
    slowest: tuple[float, int] = (0.0, -1)
    failures: list[str] = field(default_factory=list)


def judge(name: str, number: int, seed: int, tally: Tally, guard: Guard) -> None:
    """Has one input read, and notes what came of it."""
    reader, content = READERS[name], made(name, number, seed)
    Path(reader.file).write_bytes(content)
    guard.seen.clear()
    signal.setitimer(signal.ITIMER_PROF, HUNG)
    start, guard.armed = time.process_time(), True
    try:
        reader.read(number)
        tally.data += 1
    except NnspecError as error:
        guard.armed = False
        tally.failures += [] if str(error) else [f"{number}: refused without a reason"]
    except BaseException as error:  # noqa: BLE001 -- whatever it is, it is a finding
        guard.armed = False
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{number}: {type(error).__name__}: {error}"[:200]
        tally.failures.append(f"{what} ({place.filename}:{place.lineno})")
    finally:
        guard.armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - start
    tally.slowest = max(tally.slowest, (seconds, number))
    if seconds > SECONDS:
        tally.failures.append(f"{number}: took {seconds:.2f} s")
    tally.failures += [f"{number}: did {deed}" for deed in guard.seen]


def made(name: str, number: int, seed: int) -> bytes:
    """The input of that number; hostile pickles come first."""
    if name == "pickle" and number < len(good.CALLS):
        return good.CALLS[number]
    return READERS[name].made(Random(f"{seed}:{name}:{number}"))  # noqa: S311 -- chance that can be repeated


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    """Ends an input that hangs."""
    raise TimeoutError(f"hangs: more than {HUNG} s")


def fuzz(name: str, count: int, seed: int, guard: Guard) -> Tally:
    """Has so many inputs read by a reader."""
    tally, reader = Tally(), READERS[name]
    was = Path(reader.file).read_bytes() if Path(reader.file).exists() else None
    before = peak_megabytes()
    for number in range(count):
        judge(name, number, seed, tally, guard)
        if number % 100 == 0 and peak_megabytes() > max(before, MEGABYTES):
            tally.failures.append(f"{number} or one just before: {peak_megabytes():.0f} MB of memory")
            before = peak_megabytes()
    restore(reader, was)
    return tally


def main(words: list[str]) -> int:
    """Runs it; 0 where nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=500, help="how many inputs for each reader (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="what chance starts from (default: 1)")
    parser.add_argument("--only", nargs="+", choices=tuple(READERS), default=list(READERS), help="these readers")
    parser.add_argument("--write", type=int, metavar="NUMBER", help="write one input to stdout, and read nothing")
    args = parser.parse_args(words)
    if args.write is not None:
        sys.stdout.buffer.write(made(args.only[0], args.write, args.seed))
        return 0
    signal.signal(signal.SIGPROF, interrupted)
    failed = False
    with tempfile.TemporaryDirectory() as folder, chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("error")
        prepare()
        guard = Guard(str(Path(folder).resolve()))
        sys.addaudithook(guard.hear)
        for name in args.only:
            start = time.perf_counter()
            tally = fuzz(name, args.count, args.seed, guard)
            seconds, number = tally.slowest
            print(
                f"{name}: {args.count:,} inputs in {time.perf_counter() - start:,.0f} s: {tally.data:,} were "
                f"data, {args.count - tally.data:,} were refused; slowest {seconds:.2f} s (input {number}), "
                f"{peak_megabytes():.0f} MB, {len(tally.failures)} failures",
                flush=True,
            )
            print(*tally.failures[:20], sep="\n", end="\n" if tally.failures else "", flush=True)
            failed |= bool(tally.failures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
