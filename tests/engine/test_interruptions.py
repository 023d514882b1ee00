"""Interruptions at any moment of work that several threads share: nobody is left waiting."""

import subprocess
import sys

WORK = """
import random, signal
import numpy as np
from nnspec.engine.crew import Crew
from nnspec.engine.meeting import Meeting

def interrupt(_number, _frame):
    raise KeyboardInterrupt

def shard(seat):
    x = np.ones(3)
    for _ in range(30):
        x.fill(1)
        seat.add_up(x)
    return x

signal.signal(signal.SIGALRM, interrupt)
crew, draw, interrupted = Crew(2), random.Random(1), 0
while interrupted < 150:
    meeting = Meeting(2)
    tasks = [lambda seat=seat: shard(seat) for seat in meeting.seats]
    try:
        signal.setitimer(signal.ITIMER_REAL, draw.uniform(0.0001, 0.003))
        for first, second in [crew.run(tasks, meeting.give_up) for _ in range(20)]:
            assert (first == 2).all() and (second == 2).all()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
tasks = [lambda seat=seat: shard(seat) for seat in Meeting(2).seats]
assert [x.tolist() for x in crew.run(tasks)] == [[2] * 3] * 2
print(interrupted)
"""


def test_a_crew_that_is_interrupted_at_any_moment_stops_and_works_again() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("150\n", "")
