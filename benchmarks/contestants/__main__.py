"""A contestant's process: ``python -m contestants ROW CONTESTANT STEPS`` runs a block for each line it reads.

Answers with a line of two numbers for each: seconds and the last step's cost.
"""

import sys
from dataclasses import replace
from time import perf_counter

from rows import ROWS

from contestants import CONTESTANTS


def main() -> None:
    """Serves blocks until its input ends."""
    row_name, name, steps = sys.argv[1:]
    row = replace(next(row for row in ROWS if row.name == row_name), steps=int(steps))
    block = next(contestant for contestant in CONTESTANTS if contestant.name == name).block(row)
    for _ in sys.stdin:
        started = perf_counter()
        cost = block()
        print(perf_counter() - started, cost, flush=True)


if __name__ == "__main__":
    main()
