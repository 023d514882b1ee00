"""Runs each shipped spec that takes seconds again and again: one hash each.

    python tests/torture/repetitions.py                 # 50 repetitions
    python tests/torture/repetitions.py --count 3 moons

Every other repetition writes to a terminal, every third beside processes that keep all cores busy, and hashes of
strings differ from process to process, as ever.
"""

import argparse
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path

from survivor import outcome

SPECS = Path(__file__).parents[2] / "specs"
SHORT = ("circles", "clusters", "moons", "spirals", "xor")


@contextmanager
def busy() -> Iterator[None]:
    """Within it, a process for each core does nothing else than to be in the way."""
    ours = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in ours:
            process.kill()
            process.wait()


def hashed(spec: Path, folder: Path, *, terminal: bool) -> str:
    """The SHA-256 of all that a run of a spec leaves."""
    command = [sys.executable, "-m", "nnspec", "run", str(spec), "-o", str(folder)]
    if terminal:
        _on_a_terminal(command)
    else:
        subprocess.run(command, check=True, capture_output=True)
    left = outcome(folder)
    digest = sha256(repr((left["facts"], left["metrics"])).encode())
    for name, content in sorted(left["files"].items()):
        digest.update(name.encode() + content)
    return digest.hexdigest()


def _on_a_terminal(command: list[str]) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        while os.read(ours, 2**16):
            pass
    except OSError:
        # What Linux says where others say that there is nothing more.
        pass
    os.close(ours)
    assert process.wait() == 0


def main() -> int:
    """Repeats runs and says how many hashes came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="repetitions of each spec")
    parser.add_argument("specs", nargs="*", default=SHORT, metavar="SPEC", help=f"of {', '.join(SHORT)}")
    args = parser.parse_args()
    return 0 if repeated(args.specs, args.count) else 1


def repeated(specs: Iterable[str], count: int) -> bool:
    """Whether each spec has one hash."""
    same = True
    for name in specs:
        with tempfile.TemporaryDirectory() as place:
            folders = [Path(place) / str(number) for number in range(count)]
            hashes = set()
            for number, folder in enumerate(folders):
                with busy() if number % 3 == 2 else nullcontext():
                    hashes.add(hashed(SPECS / f"{name}.yaml", folder, terminal=number % 2 == 1))
        print(f"{name}: {count} repetitions, {len(hashes)} hash{'es' * (len(hashes) > 1)}", flush=True)
        same = same and len(hashes) == 1
    return same


if __name__ == "__main__":
    sys.exit(main())
