"""Trains the shipped specs as they are committed and prints what they reach, beside what is expected of them.

python benchmarks/accuracy.py                             # every row: an hour and a half on one core
python benchmarks/accuracy.py mnist_784_30_10             # one row
python benchmarks/accuracy.py mnist_784_30_10 --write     # and into docs/results.md, beside the others
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nnspec
from nnspec.runs.folder import METRICS

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results.md"
START, END = "<!-- measured -->", "<!-- /measured -->"


@dataclass(frozen=True)
class Bar:
    """What a spec must reach.

    Attributes:
        spec: Its name.
        last: Least test accuracy at the last epoch.
        best: Least test accuracy at the best epoch, where that is asked for.
        published: What the system it comes from reached.
    """

    spec: str
    last: float
    published: str
    best: float | None = None


BARS = (
    Bar("mnist_784_30_10", 0.950, "95.42 % at its best epoch (tutorial)", best=0.954),
    Bar("mnist_784_20_30_10", 0.88, "not given"),
    Bar("mnist_784_50_10_quadratic", 0.959, "95.83 %"),
    Bar("mnist_784_50_10_relu", 0.973, "97.28 %"),
    Bar("mnist_784_100_10_l2", 0.981, "98.04 % (tutorial)"),
    Bar("mnist_784_1000_1000_10", 0.984, "gave up at 1,000 samples"),
    Bar("mnist_784_16_16_10", 0.88, "87.2 %"),
    Bar("mnist_784_16_16_10_tuned", 0.94, "-"),
    Bar("fashion_784_128_64_10_mse", 0.86, "46 to 65 %"),
    Bar("fashion_784_128_64_10", 0.895, "-"),
    Bar("fashion_convnet", 0.935, "-"),
    Bar("mnist_rows_lstm", 0.987, "-"),
    Bar("mnist_lenet", 0.993, "-"),
    Bar("mnist_784_800_10_elastic", 0.992, "-"),
    Bar("mnist_resnet_small", 0.993, "-"),
    Bar("digits_attention", 0.98, "-"),
    Bar("mnist_convnet_best", 0.996, "99.67 %, of an ensemble (tutorial)"),
    Bar("clusters", 0.99, "scatter plots only"),
    Bar("moons", 0.97, "scatter plots only"),
    Bar("circles", 0.97, "scatter plots only"),
    Bar("spirals", 0.97, "-"),
    Bar("xor", 1.0, "-"),
)

HEAD = (
    "| spec | test accuracy, last epoch | best epoch | asked for | published | epochs | seconds | |\n"
    "|---|---|---|---|---|---|---|---|"
)


def measure(bar: Bar) -> tuple[str, bool]:
    """Trains one spec; a row of the table, and whether the bar is met."""
    with tempfile.TemporaryDirectory() as folder:
        run = nnspec.run(ROOT / "specs" / f"{bar.spec}.yaml", Path(folder) / "run")
        lines = (run.folder.path / METRICS).read_text("utf-8").splitlines()
        facts = run.facts
    accuracies = [json.loads(line)["test"]["accuracy"] for line in lines]
    last, best = facts["metrics"]["test"]["accuracy"], max(accuracies)
    met = last >= bar.last and (bar.best is None or best >= bar.best)
    asked = f"{bar.last:.1%}" + (f", best {bar.best:.1%}" if bar.best else "")
    epoch = accuracies.index(best) + 1
    cells = (
        f"`{bar.spec}`",
        f"{last:.2%}",
        f"{best:.2%} (epoch {epoch})",
        asked,
        bar.published,
        str(facts["epochs"]),
        f"{facts['seconds']:.0f}",
        "met" if met else "**not met**",
    )
    return "| " + " | ".join(cells) + " |", met


def main() -> int:
    """Measures the rows that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", help="names of specs; all of them by default")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/results.md")
    args = parser.parse_args()
    bars = [bar for bar in BARS if not args.specs or bar.spec in args.specs]
    print(HEAD, flush=True)
    rows, all_met = {}, True
    for bar in bars:
        rows[bar.spec], met = measure(bar)
        print(rows[bar.spec], flush=True)
        all_met &= met
    if args.write:
        write(rows)
    return 0 if all_met else 1


def write(measured: Mapping[str, str]) -> None:
    """Puts rows into the page; those of other specs stay."""
    before, _, rest = RESULTS.read_text("utf-8").partition(START)
    table, _, after = rest.partition(END)
    there = {line.split("`")[1]: line for line in table.splitlines() if line.startswith("| `")}
    rows = {**there, **measured}
    lines = [rows[bar.spec] for bar in BARS if bar.spec in rows]
    RESULTS.write_text("\n".join((f"{before}{START}", HEAD, *lines, f"{END}{after}")), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
