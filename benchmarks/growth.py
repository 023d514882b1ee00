"""How time grows: an epoch with its samples, a step with the width of a network and with its batch.

    python benchmarks/growth.py                                   # about four minutes; --rounds 5
    python benchmarks/growth.py --markdown docs/performance.md --plot docs/growth.svg

Sizes take turns, round by round, and the fastest round counts: what else a machine does only ever adds time. An
epoch must take the same time a sample, within a tenth, from 10,000 to 1,000,000 of them; a step must not take
longer for each of its operations than the next smaller one did.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from time import perf_counter

import numpy as np

from nnspec.contracts.loader import Split
from nnspec.engine.batches import Batches
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.engine.shards import choose
from nnspec.engine.threads import one_blas_thread
from nnspec.engine.updates import Updates
from nnspec.report.axes import logarithmic
from nnspec.report.rate_chart import STYLE
from nnspec.report.svg import Drawing, Plot
from nnspec.spec.specification import parse

SAMPLES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
WIDTHS = BATCHES = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
LEAST_WIDTH, BATCH, WIDTH = 64, 128, 512
EVEN = 1.1
"""How much longer a sample of an epoch, or an operation of a step, may take than it should."""
START, END = "<!-- growth -->", "<!-- /growth -->"
SPEC = """
nnspec: 1
dataset: {{npy: {{inputs: x.npy, targets: y.npy}}}}
input: {width}
layers: [{{dense: {hidden}}}, sigmoid, {{dense: 10}}, softmax]
cost: cross_entropy
optimizer: {{sgd: 0.1}}
train: {{batch_size: {batch}}}
"""


@dataclass(frozen=True)
class Size:
    """One size of what is measured.

    Attributes:
        group: What grows: ``samples``, ``width`` or ``batch``.
        number: To which size.
        work: Samples of an epoch, or operations of a step.
        run: Does it once, and tells the seconds.
    """

    group: str
    number: int
    work: int
    run: Callable[[], float]


class Steps:
    """Steps of a network on samples of chance."""

    def __init__(self, width: int, hidden: int, batch: int, samples: int) -> None:
        document = (spec := parse(SPEC.format(width=width, hidden=hidden, batch=batch))).document
        random = np.random.default_rng(0)
        inputs = random.integers(256, size=(samples, width), dtype=np.uint8)
        pipeline = Pipeline(document.transforms, (width,), Seeds(1))
        pipeline.fit(inputs[:1])
        self.network = Network(spec.nodes, document.cost, Seeds(1), shards=choose(spec.nodes, batch))
        self.network.initialize()
        self.updates = Updates(self.network, document.optimizer)
        split = Split(inputs, random.integers(10, size=samples))
        self.batches = Batches(split, pipeline, (10,), batch, training=True)
        self._random = np.random.default_rng(1)
        self._stream = chain.from_iterable(iter(self._epoch, None))

    def epoch(self) -> float:
        """Seconds of an epoch."""
        return self._timed(self._epoch(), len(self.batches))

    def step(self) -> float:
        """Seconds of a step, of as many as take a twentieth of a second."""
        once = self._timed(self._stream, 1)
        count = max(1, int(0.05 / once))
        return self._timed(self._stream, count) / count

    def _epoch(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return self.batches.shuffled(self._random)

    def _timed(self, batches: Iterator[tuple[np.ndarray, np.ndarray]], count: int) -> float:
        started = perf_counter()
        with one_blas_thread():
            for _ in range(count):
                x, t = next(batches)
                self.network.step(x, t, self.updates.scale())
                self.updates.apply(x.shape[-1])
        return perf_counter() - started


def sizes() -> Iterator[Size]:
    """All that is measured."""
    for samples in SAMPLES:
        yield Size("samples", samples, samples, Steps(784, 30, 10, samples).epoch)
    for width in (width for width in WIDTHS if width >= LEAST_WIDTH):
        yield Size("width", width, _operations(width, BATCH), Steps(width, width, BATCH, 4 * BATCH).step)
    for batch in BATCHES:
        yield Size("batch", batch, _operations(WIDTH, batch), Steps(WIDTH, WIDTH, batch, 2 * batch).step)


def _operations(width: int, batch: int) -> int:
    """Two for each multiply-add, forward and twice as many back."""
    return 6 * (width * width + 10 * width) * batch


def measure(rounds: int) -> dict[Size, float]:
    """The fastest of several rounds, in seconds."""
    fastest: dict[Size, float] = {}
    everything = list(sizes())
    for _ in range(rounds + 1):
        for size in everything:
            seconds = size.run()
            fastest[size] = min(seconds, fastest.get(size, float("inf")))
    return fastest


def table(found: Mapping[Size, float]) -> tuple[list[str], list[str]]:
    """The figures in Markdown, and what is not as it should be."""
    lines = [
        "| what grows | to | seconds | for each million samples, or billion operations |",
        "|---|---|---|---|",
    ]
    amiss = []
    for group in dict.fromkeys(size.group for size in found):
        members = [size for size in found if size.group == group]
        per = {size: found[size] / size.work for size in members}
        unit = 1e6 if group == "samples" else 1e9
        lines += [
            f"| {size.group} | {size.number:,} | {found[size]:.3g} | {per[size] * unit:.3g} |" for size in members
        ]
        if group == "samples":
            uneven = max(per.values()) / min(per.values())
            amiss += [f"a sample takes up to {uneven:.2f} times as long"] if uneven > EVEN else []
            continue
        for small, large in pairwise(members):
            if per[large] > EVEN * per[small]:
                grown = per[large] / per[small]
                amiss.append(f"{group} {small.number} to {large.number}: {grown:.2f} times as long an operation")
    return lines, amiss


def plot(found: Mapping[Size, float]) -> bytes:
    """Step times over operations, for width and batch, on logarithmic scales."""
    steps = {size: seconds for size, seconds in found.items() if size.group != "samples"}
    works, times = [size.work / 1e9 for size in steps], list(steps.values())
    drawing = Drawing("growth", (480, 318), "Seconds of a step by operations", "Both grow alike.")
    chart = Plot(
        drawing, (58, 50), (400, 222), logarithmic(min(works), max(works)), logarithmic(min(times), max(times))
    )
    chart.frame("billion operations a step (logarithmic)", "seconds (logarithmic)")
    for style, group in (("smoothed", "width"), ("step", "batch")):
        line = [(size.work / 1e9, seconds) for size, seconds in steps.items() if size.group == group]
        drawing.path(style, "".join(chart.command("L" if at else "M", *point) for at, point in enumerate(line)))
        for work, seconds in line:
            drawing.circle("dot", chart.at(work, seconds), 2.5, f"{group}: {work:.3g} billion, {seconds:.3g} s")
    return drawing.file(STYLE + ".dot { fill: #1f4fd1; }\n")


def write(path: Path, lines: Sequence[str]) -> None:
    """Puts the table between two marks of a page."""
    before, _, rest = path.read_text("utf-8").partition(START)
    _, _, after = rest.partition(END)
    path.write_text("\n".join([before + START, *lines, END + after]), "utf-8")


def main() -> int:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", type=Path, help="a page to put the table into")
    parser.add_argument("--plot", type=Path, help="where to draw step times over operations, as SVG")
    arguments = parser.parse_args()
    found = measure(arguments.rounds)
    lines, amiss = table(found)
    print("\n".join(lines))
    if arguments.markdown:
        write(arguments.markdown, lines)
    if arguments.plot:
        arguments.plot.write_bytes(plot(found))
    print("\n".join(f"FAIL: {what}" for what in amiss) or "PASS: time grows with samples and operations, or less")
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
