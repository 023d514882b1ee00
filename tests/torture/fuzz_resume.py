"""Runs of strangers, with nonsense in run.json or in checkpoints that they signed, for every verb that reads any.

    python tests/torture/fuzz_resume.py --count 2000

Each verb must end in an answer or in an error of nnspec's own, in words: no traceback. Inputs depend on the seed
and their number alone.
"""

import argparse
import contextlib
import io
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import numpy as np
from damage import replaced

from nnspec.api import Silent
from nnspec.cli.main import main as nnspec
from nnspec.errors import EXPECTATION, FAILED, GOOD, USAGE
from nnspec.runs.execution import execute
from nnspec.runs.folder import CHECKPOINTS
from nnspec.runs.reporting import Reporting
from nnspec.spec.specification import load

sys.path.append(str(Path(__file__).parents[1]))
from runs.spoiling import rewrite, rewrite_checkpoint

CLASSES = """\
nnspec: 1
name: classes
dataset: {npz: {path: points.npz, classes: [left, right], validation: 0.25}}
transforms: [standardize]
input: 2
layers:
  - dense: 6
  - batch_norm
  - tanh
  - dropout: 0.2
  - dense: {units: 2, activation: softmax}
cost: cross_entropy
optimizer: {adam: 0.02}
schedule: {warmup: {steps: 2, then: {on_plateau: 1}}}
train:
  epochs: 3
  batch_size: 8
  accumulate: 2
  average: {ema: 0.9}
  early_stopping: {patience: 9}
  checkpoint: {keep_best: 2}
reporters: [html]
"""
NUMBERS = """\
nnspec: 1
name: numbers
dataset: {npz: {path: numbers.npz, task: regression, validation: 0.25}}
targets: standardized
input: 2
layers: [{dense: 1}]
cost: quadratic
optimizer: {lbfgs: {}}
train: {epochs: 3, batch_size: 45}
reporters: [markdown]
"""
LONGER = "train.epochs=5"
VERBS = (
    ["verify", "run"],
    ["verify", "run", "--replay"],
    ["evaluate", "run"],
    ["predict", "run", "1", "2"],
    ["explain", "run"],
    ["imagine", "run"],
    ["export", "run", "--format", "numpy"],
    ["diff", "run", "run"],
    ["run", "--resume", "run"],
    ["run", "--resume", "run", "--set", LONGER],
)
DTYPES = (np.float64, np.float16, np.int64, np.uint8, np.bool_, np.complex64)
VALUES = (0.0, -1.0, 1e38, -1e308, float("nan"), float("inf"))


def spoilt(array: Any, random: Random) -> Any:
    """An array of another shape, type or content."""
    way = random.randrange(5)
    if way == 0:
        return np.zeros(random.choice(((), (0,), (1,), (3, 7), (2, 2, 2))), array.dtype)
    if way == 1:
        with np.errstate(all="ignore"):
            return array.astype(random.choice(DTYPES))
    if way == 2:
        return np.ascontiguousarray(array[..., None] if random.random() < 0.5 else array.T)
    changed = array.copy()
    with np.errstate(all="ignore"):
        changed.reshape(-1)[random.randrange(max(1, changed.size)) :] = random.choice(VALUES)
    return changed


def swap(content: dict[str, Any], other: Any) -> None:
    """Puts other content in place of what is there."""
    kept = other if isinstance(other, dict) else {}
    content.clear()
    content.update(kept)


def spoil(run: Path, random: Random) -> str:
    """Damages run.json, or one or all of a run's checkpoints alike, and signs these.

    Returns:
        What was done.
    """
    if random.random() < 0.2:
        rewrite(run, lambda facts: swap(facts, replaced(facts, random)))
        return "run.json"
    files = sorted((run / CHECKPOINTS).iterdir())
    chosen = files if random.random() < 0.7 else [random.choice(files)]
    way, start = random.random(), random.random()

    def change(tensors: dict[str, Any], state: dict[str, Any]) -> None:
        chance = Random(start)  # noqa: S311 -- the same in each file
        if way < 0.6:
            swap(state, replaced(state, chance))
            return
        name = chance.choice(sorted(tensors))
        if way < 0.7:
            tensors[f"{name}x"] = tensors.pop(name)
        else:
            tensors[name] = spoilt(tensors[name], chance)

    for file in chosen:
        rewrite_checkpoint(file, change)
    return f"{len(chosen)} of {len(files)} files, way {way:.2f}"


def answer(run: Path, words: list[str]) -> tuple[int, str]:
    """The exit code of a verb and what it prints, for a copy of a run."""
    out = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        copytree(run, "run")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            return nnspec(words), out.getvalue()


def failures(run: Path) -> Iterator[str]:
    """What no verb may end in, for a run that lies in a folder."""
    for words in VERBS:
        try:
            code, said = answer(run, words)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is a finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            yield f"{words}: {type(error).__name__}: {error} ({place.filename}:{place.lineno})"[:300]
        else:
            if code not in (GOOD, FAILED, USAGE, EXPECTATION):
                yield f"{words}: exit code {code}"
            elif code == FAILED and not said.strip():
                yield f"{words}: refused without a reason"


class Stopping(Silent):
    """Asks the run to stop when its second epoch begins; it takes a step more."""

    def epoch_started(self, number: int, steps: int) -> None:
        """Counts from 1."""
        if number == 2:
            signal.raise_signal(signal.SIGTERM)


def trained(folder: Path) -> list[Path]:
    """Small runs that use all that a checkpoint may hold, the last one stopped in the middle of an epoch."""
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 2))
    np.savez(folder / "points.npz", x=x, y=(x[:, 0] > 0).astype(int))
    np.savez(folder / "numbers.npz", x=x, y=x @ [3.0, -1.0] + 7)
    for name, text in (("classes", CLASSES), ("numbers", NUMBERS)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            code = nnspec(["run", str(folder / f"{name}.yaml"), "-o", str(folder / name)])
        if code != GOOD:
            raise RuntimeError(f"{name}: exit code {code}")
    reporting = Reporting(Stopping())
    stopped = execute(load(folder / "classes.yaml"), folder / "stopped", reporting).facts()
    reporting.run_ended()
    if (stopped["epochs"], stopped["step"]) != (1, 1):
        raise RuntimeError("the run that is to be stopped was not")
    return [folder / "classes", folder / "numbers", folder / "stopped"]


def fuzz(count: int, seed: int) -> list[str]:
    """Has so many spoilt runs read."""
    found = []
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        runs = trained(Path(place))
        for number in range(count):
            random = Random(f"{seed}:{number}")  # noqa: S311 -- chance that can be repeated
            with tempfile.TemporaryDirectory() as folder:
                run = Path(copytree(runs[number % len(runs)], Path(folder) / "run"))
                what = spoil(run, random)
                found += [f"{number} ({what}): {failure}" for failure in failures(run)]
    return found


def main(words: list[str]) -> int:
    """Runs it; 0 where nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=500, help="how many runs (default: 500)")
    parser.add_argument("--seed", type=int, default=1, help="what chance starts from (default: 1)")
    args = parser.parse_args(words)
    found = fuzz(args.count, args.seed)
    print(f"{args.count:,} runs, {len(VERBS)} verbs each: {len(found)} failures", *found[:40], sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
