"""In which order an epoch meets its samples, a portion at a time."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np

from nnspec.contracts.rows import Rows
from nnspec.types import Array, Random, size

# Samples in files are met block by block: a block is read in one go, and is long enough to be worth the way to it.
BLOCK_BYTES = 2**20
# So many bytes of blocks are mixed with one another. More mixes better, and takes as much memory.
WINDOW_BYTES = 2**26


def shuffled(inputs: Array | Rows, random: Random, samples: int, portion: int) -> Iterator[Array]:
    """The places of an epoch's samples, in an order that is drawn when the first are asked for.

    Samples in memory come in any order. Those in files are cut into blocks; the blocks come in any order, and so
    many of them as make a window are mixed sample by sample.

    Args:
        inputs: What is met.
        random: What draws.
        samples: Samples in the epoch, at most those there are.
        portion: Places in each array but the last.
    """
    if not isinstance(inputs, Rows):
        order = random.permutation(len(inputs))[:samples]
        return (order[start : start + portion] for start in range(0, samples, portion))
    width = size(inputs.shape[1:]) * inputs.dtype.itemsize
    block = max(1, BLOCK_BYTES // width)
    # Windows are drawn as they come: from a generator of the epoch's own, so that nothing else depends on when.
    child = np.random.default_rng(random.integers(2**63, size=4))
    windows = _windows(inputs, block, max(1, WINDOW_BYTES // (block * width)), child)
    return _portions(windows, samples, portion)


def _windows(rows: Rows, block: int, blocks: int, random: Random) -> Iterator[Array]:
    """The places of one window after another."""
    stretches = _blocks(rows.lengths, block)
    random.shuffle(stretches)
    for first in range(0, len(stretches), blocks):
        window = stretches[first : first + blocks]
        for start, stop in window:
            rows.expect(start, stop)
        yield random.permutation(np.concatenate([np.arange(start, stop) for start, stop in window]))


def _blocks(lengths: Sequence[int], block: int) -> Array:
    """First and last places of all blocks, (blocks, 2); none lies in two files."""
    ends = list(accumulate(lengths))
    bounds = []
    for length, end in zip(lengths, ends, strict=True):
        starts = np.arange(end - length, end, block)
        bounds.append(np.stack([starts, np.minimum(starts + block, end)], axis=1))
    return np.concatenate(bounds)


def _portions(windows: Iterator[Array], samples: int, portion: int) -> Iterator[Array]:
    """The same places in arrays of one length, up to so many."""
    held = np.empty(0, np.intp)
    for window in windows:
        held = np.concatenate([held, window])[:samples]
        whole = len(held) if len(held) == samples else len(held) // portion * portion
        yield from (held[start : min(start + portion, whole)] for start in range(0, whole, portion))
        samples -= whole
        held = held[whole:]
        if samples == 0:
            return
