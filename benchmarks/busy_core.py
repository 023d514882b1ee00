"""The training step while another process keeps one core busy, beside the same step on an idle machine.

    python benchmarks/busy_core.py                       # every network, --rounds 9
    python benchmarks/busy_core.py 784-30-10 lenet

Idle and busy blocks alternate: the other process is stopped for one and goes on for the next. It is bound to the
first core, nnspec to the first two.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import chain
from statistics import median
from time import perf_counter

from rows import ROWS, Row

from nnspec.engine.threads import one_blas_thread
from nnspec.runs.experiment import prepare

BAR = 2.2
BUSY = "while True: pass"


def steps(row: Row) -> tuple[Callable[[], float], int]:
    """What takes a block of a row's steps and tells the seconds of one; and the number of shards."""
    experiment = prepare(row.spec())
    trainer = experiment.trainer()
    batches = chain.from_iterable(iter(trainer.batches, None))

    def block() -> float:
        started = perf_counter()
        with one_blas_thread():
            for _ in range(row.steps):
                x, t = next(batches)
                trainer.network.step(x, t, trainer.updates.scale())
                trainer.updates.apply(x.shape[-1])
        return (perf_counter() - started) / row.steps

    return block, trainer.network.shards


def slowdown(block: Callable[[], float], rounds: int, busy: int) -> tuple[float, float]:
    """Seconds of a step on the idle machine, and how many times as long it takes with a busy core: medians."""
    block()
    idle, ratios = [], []
    for _ in range(rounds):
        os.kill(busy, signal.SIGSTOP)
        idle.append(block())
        os.kill(busy, signal.SIGCONT)
        ratios.append(block() / idle[-1])
    return median(idle), median(ratios)


def main() -> int:
    """Measures the rows, prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help="names of rows; all but those with Adam where none is given")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    names = arguments.rows or [row.name for row in ROWS if not row.name.endswith("-adam")]
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores)
    other = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        os.sched_setaffinity(other.pid, cores[:1])
        print(
            "| network | shards | microseconds a step, idle | times as long with a busy core |\n|---|---|---|---|"
        )
        worst = 0.0
        for row in (row for row in ROWS if row.name in names):
            block, shards = steps(row)
            idle, ratio = slowdown(block, arguments.rounds, other.pid)
            print(f"| {row.name} | {shards} | {idle * 1e6:.0f} | {ratio:.2f} |", flush=True)
            worst = max(worst, ratio)
    finally:
        other.kill()
        other.wait()
    print(f"{'PASS' if worst <= BAR else 'FAIL'}: at most {worst:.2f} times as long, {BAR} are allowed")
    return 0 if worst <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
