"""nnspec's training step beside the same step in other libraries, in processes of their own, blocks alternating.

    pip install -e '.[bench]'
    python benchmarks/peers.py                                  # every row, with whichever peers are installed
    python benchmarks/peers.py 784-30-10 lenet --rounds 9       # two rows
    python benchmarks/peers.py --markdown docs/performance.md   # put the table there; --json FILE has the figures

The same network, initial weights, order of samples, batch, precision and update for all; every step gathers its
batch by index. Peers have 1 and 2 threads, the better counts. Costs after the first steps must agree, which shows
that the work is the same. A ratio is the median, over the rounds, of the peer's block by nnspec's of the same one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from statistics import median
from time import sleep

from contestants import CONTESTANTS, LIMIT, NNSPEC, Contestant
from rows import ROWS, Row
from threadpoolctl import threadpool_info

HERE = Path(__file__).parent
ROUNDS = 11
AGREEMENT = 0.02
"""How far costs may lie apart: rounding grows from step to step."""
PAUSE = 0.02
"""Seconds between blocks, in which the last one's threads stop spinning."""
IMPORTS = {"scikit-learn": "sklearn"}
START, END = "<!-- measured -->", "<!-- /measured -->"
HEAD = "| network, batch | who | microseconds a step | peer / nnspec | asked for | |\n|---|---|---|---|---|---|"


class Worker:
    """A contestant's process; to be closed."""

    def __init__(self, contestant: Contestant, row: Row) -> None:
        self.contestant = contestant
        self.seconds: list[float] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "contestants", row.name, contestant.name, str(row.steps)],
            cwd=HERE,
            env={**os.environ, **contestant.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def block(self) -> tuple[float, float]:
        """Runs a block; its seconds and last cost.

        Raises:
            RuntimeError: The process ended; why stands on stderr.
        """
        pipes = self._process.stdin, self._process.stdout
        if pipes[0] is None or pipes[1] is None:
            raise RuntimeError("the process was started without pipes")
        pipes[0].write("block\n")
        pipes[0].flush()
        answer = pipes[1].readline().split()
        if len(answer) != 2:
            raise RuntimeError(f"{self.contestant.name} gave up")
        return float(answer[0]), float(answer[1])

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes:
        row: The network.
        batch: Samples in a step.
        who: The contestant; of a peer's several ways the fastest.
        microseconds: Of a step, the median of the rounds.
        ratio: By how much longer it takes than nnspec; for the limit, its share of nnspec's step.
        bar: What is asked for, where anything is.
    """

    row: str
    batch: int
    who: str
    microseconds: float
    ratio: float
    bar: float | None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met."""
        return None if self.bar is None else self.ratio >= self.bar

    @property
    def verdict(self) -> str:
        """PASS, or how much is missing."""
        if self.bar is None:
            return ""
        return "PASS" if self.met else f"short by {1 - self.ratio / self.bar:.0%}"

    def markdown(self) -> str:
        """The line in Markdown."""
        share = self.who.startswith(LIMIT)
        figures = [f"{value:.0%}" if share else f"{value:.2f}" for value in (self.ratio, self.bar or 0.0)]
        asked = figures[1] if self.bar is not None else ""
        step = f"{self.microseconds:,.{0 if self.microseconds >= 100 else 1}f}"
        cells = (f"{self.row}, {self.batch}", self.who, step, figures[0], asked, self.verdict)
        return f"| {' | '.join(cells)} |"


def measure(row: Row, rounds: int) -> list[Line]:
    """Measures a row: every contestant that is installed, blocks alternating."""
    with ExitStack() as stack:
        workers: list[Worker] = []
        _require_agreement(row)
        for contestant in CONTESTANTS:
            if contestant.enters(row):
                workers.append(Worker(contestant, row))
                stack.callback(workers[-1].close)
                # The first block loads, compiles and warms up: one contestant after another.
                workers[-1].block()
        for _ in range(rounds):
            for worker in workers:
                sleep(PAUSE)
                worker.seconds.append(worker.block()[0])
    return list(_lines(row, workers))


def _require_agreement(row: Row) -> None:
    short = replace(row, steps=row.agreed or row.steps)
    costs: dict[str, float] = {}
    for contestant in CONTESTANTS:
        if contestant.comparable and contestant.enters(row):
            with closing(Worker(contestant, short)) as worker:
                _, costs[contestant.name] = worker.block()
    ours = costs[NNSPEC]
    for name, cost in costs.items():
        if not isclose(cost, ours, rel_tol=AGREEMENT):
            raise RuntimeError(f"{row.name}: {name} has a cost of {cost:g}, nnspec of {ours:g}: not the same work")


def _lines(row: Row, workers: Sequence[Worker]) -> Iterator[Line]:
    """Nnspec's line, each peer's at its best, and the limit's."""
    ours = next(worker.seconds for worker in workers if worker.contestant.peer == NNSPEC)
    fastest: dict[str, Worker] = {}
    for worker in workers:
        peer = worker.contestant.peer
        if peer not in fastest or median(worker.seconds) < median(fastest[peer].seconds):
            fastest[peer] = worker
    for peer, worker in fastest.items():
        yield Line(
            row.name,
            row.batch,
            worker.contestant.name,
            median(worker.seconds) / row.steps * 1e6,
            median(theirs / own for theirs, own in zip(worker.seconds, ours, strict=True)),
            row.share if peer == LIMIT else row.bars.get(peer),
        )


def machine() -> dict[str, str | int | None]:
    """Where it was measured, and with which versions."""
    names = ("nnspec", "numpy", "torch", "scikit-learn", "jax")
    installed = {name: version(name) for name in names if find_spec(IMPORTS.get(name, name)) is not None}
    architectures = {library["architecture"] for library in threadpool_info() if library["user_api"] == "blas"}
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "BLAS kernels": ", ".join(sorted(architectures)),
        "python": platform.python_version(),
        **installed,
    }


def _write_table(path: Path, table: Sequence[str]) -> None:
    """Writes a page of its own, or what stands between the marks of one that has them."""
    text = path.read_text("utf-8") if path.exists() else ""
    before, after = (text.split(START)[0] + START + "\n", END + text.split(END)[1]) if START in text else ("", "")
    path.write_text(before + "\n".join([*table, ""]) + after, "utf-8")


def main() -> int:
    """Measures the rows that are asked for; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [row.name for row in ROWS]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"by default all: {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="blocks of each contestant, alternating")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="write the table as Markdown, between the marks if there are any",
    )
    args = parser.parse_args()
    unknown = set(args.rows) - set(names)
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}; see --help")
    about = ", ".join(f"{name} {value}" for name, value in machine().items())
    print(about, end="\n\n")
    print(HEAD, flush=True)
    measured: list[Line] = []
    for row in ROWS:
        if not args.rows or row.name in args.rows:
            for line in measure(row, args.rounds):
                measured.append(line)
                print(line.markdown(), flush=True)
    barred = [line for line in measured if line.bar is not None]
    met = sum(line.met is True for line in barred)
    missing = sorted({contestant.peer for contestant in CONTESTANTS if not contestant.installed})
    absent = f" Not installed: {', '.join(missing)}." if missing else ""
    summary = f"{met} of {len(barred)} bars are met.{absent}"
    print(f"\n{summary}")
    if args.markdown:
        _write_table(args.markdown, [about, "", HEAD, *(line.markdown() for line in measured), "", summary])
    if args.json:
        facts = {"machine": machine(), "rounds": args.rounds, "lines": [asdict(line) for line in measured]}
        args.json.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    return 0 if met == len(barred) else 1


if __name__ == "__main__":
    sys.exit(main())
