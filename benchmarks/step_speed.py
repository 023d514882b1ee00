"""The training step of mnist_784_30_10 beside the same step in PyTorch, in one process, blocks alternating.

    pip install -e '.[bench]'
    python benchmarks/step_speed.py

Both gather a shuffled batch, run forward, cost, backward and update in float32. PyTorch gets its data already
as scaled float32; nnspec gathers bytes and scales them in every step. PyTorch is measured as it comes, with a
thread for each core, and held to one thread by hand, which on steps this small serves it better.
"""

import argparse
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import torch

import nnspec
from nnspec.engine.threads import one_blas_thread
from nnspec.runs.experiment import Experiment, prepare

ROOT = Path(__file__).parent.parent
ROUNDS, STEPS = 15, 400
BAR = 5.0
AS_IT_COMES, HELD = "PyTorch as it comes", "PyTorch held to 1 thread"


def nnspec_block(experiment: Experiment) -> Callable[[], None]:
    """A block of nnspec's training steps, as the trainer takes them."""
    trainer = experiment.trainer()
    network, updates = trainer.network, trainer.updates
    batches = chain.from_iterable(iter(trainer.batches, None))

    def block() -> None:
        with one_blas_thread():
            for _ in range(STEPS):
                x, t = next(batches)
                network.forward(x, training=True)
                network.cost_value(t)
                network.backward(t)
                updates.apply()

    return block


def torch_block(experiment: Experiment, threads: int) -> Callable[[], None]:
    """A block of the same steps in PyTorch."""
    train = experiment.dataset.train
    inputs = torch.from_numpy(train.inputs.reshape(len(train), -1).astype(np.float32) / 255)
    targets = torch.from_numpy(np.eye(10, dtype=np.float32)[train.targets])
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 30), torch.nn.Sigmoid(), torch.nn.Linear(30, 10), torch.nn.Sigmoid()
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=3.0, fused=True)
    order, position = torch.randperm(len(train)), 0

    def block() -> None:
        nonlocal order, position
        torch.set_num_threads(threads)
        for _ in range(STEPS):
            if position + 10 > len(train):
                order, position = torch.randperm(len(train)), 0
            chosen = order[position : position + 10]
            position += 10
            y = model(inputs[chosen])
            cost = ((y - targets[chosen]) ** 2).sum() * (0.5 / 10)
            optimizer.zero_grad(set_to_none=True)
            cost.backward()
            optimizer.step()
            cost.item()

    return block


def main() -> int:
    """Measures, prints medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="blocks of each, alternating")
    rounds = parser.parse_args().rounds
    experiment = prepare(nnspec.load(ROOT / "specs" / "mnist_784_30_10.yaml"))
    blocks = {
        "nnspec": nnspec_block(experiment),
        AS_IT_COMES: torch_block(experiment, torch.get_num_threads()),
        HELD: torch_block(experiment, 1),
    }
    seconds: dict[str, list[float]] = {name: [] for name in blocks}
    for number in range(rounds + 1):
        for name, block in blocks.items():
            started = perf_counter()
            block()
            if number:  # the first round warms up
                seconds[name].append(perf_counter() - started)
    print("| who | microseconds a step (median) | peer / nnspec |\n|---|---|---|")
    ours = median(seconds["nnspec"])
    for name, values in seconds.items():
        print(f"| {name} | {median(values) / STEPS * 1e6:.0f} | {median(values) / ours:.1f} |")
    ratio, held = median(seconds[AS_IT_COMES]) / ours, median(seconds[HELD]) / ours
    verdict = "PASS" if ratio >= BAR else "FAIL"
    print(f"{verdict}: {ratio:.1f} times as fast as PyTorch as it comes ({BAR:g} are asked for)")
    print(f"{held:.1f} times as fast as PyTorch held to 1 thread")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
