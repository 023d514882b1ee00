"""Trains on a memory-mapped data set far larger than memory, and holds the peak of memory against a bound.

python tests/torture/larger_than_memory.py                 20 GB, a sparse file that takes no room on the disk
python tests/torture/larger_than_memory.py --gigabytes 2
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from peak import measured_run

BOUND = 400
"""Megabytes that the run may take at its peak."""
SHAPE = (3, 64, 64)
SPEC = """
nnspec: 1
name: larger-than-memory
dataset: {{npy: {{inputs: x.npy, targets: y.npy, test: 2000}}}}
input: [3, 64, 64]
layers: [flatten, {{dense: 16}}, relu, {{dense: 10}}, softmax]
cost: cross_entropy
optimizer: {{sgd: 0.01}}
train: {{epochs: 1, batch_size: 100, samples_per_epoch: {samples}}}
"""


def make(folder: Path, gigabytes: float, samples: int) -> None:
    """A spec, and images that are a hole in a file but for some at its start and its end."""
    count = int(gigabytes * 1e9 / np.prod(SHAPE))
    images = np.lib.format.open_memmap(folder / "x.npy", "w+", np.uint8, (count, *SHAPE))
    random = np.random.default_rng(0)
    images[:500] = random.integers(256, size=(500, *SHAPE))
    images[-500:] = random.integers(256, size=(500, *SHAPE))
    np.save(folder / "y.npy", random.integers(10, size=count).astype(np.uint8))
    (folder / "spec.yaml").write_text(SPEC.format(samples=min(samples, count - 2000)))


def main() -> int:
    """Makes the data, trains, prints what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=20, help="size of the data")
    parser.add_argument("--samples", type=int, default=200_000, help="samples in the epoch")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, arguments.gigabytes, arguments.samples)
        size = (folder / "x.npy").stat().st_size
        facts, taken = measured_run(folder)
    peak = taken / 1e6
    read = min(arguments.samples * np.prod(SHAPE), size)
    verdict = "PASS" if peak < BOUND else "FAIL"
    print(f"{size / 1e9:.1f} GB of data, {read / 1e9:.1f} GB read in {facts['training_seconds']} s of training")
    print(f"{verdict}: {peak:.0f} MB at the peak, {BOUND} are allowed")
    return 0 if peak < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
