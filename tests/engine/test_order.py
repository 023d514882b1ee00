"""The order of an epoch: every sample once, whatever is left in files, drawn from a seed alone."""

from pathlib import Path

import numpy as np
import pytest

from nnspec.contracts.rows import Rows, Stretch
from nnspec.engine import order
from nnspec.engine.order import shuffled
from nnspec.types import Array


def rows(folder: Path, *lengths: int) -> Rows:
    stretches, first = [], 0
    for length in lengths:
        path = folder / f"{first}.bin"
        np.arange(first * 3, (first + length) * 3, dtype=np.float32).tofile(path)
        stretches.append(Stretch(path, 0, length, (3,), np.dtype(np.float32)))
        first += length
    return Rows(stretches)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "BLOCK_BYTES", 5 * 12)
    monkeypatch.setattr(order, "WINDOW_BYTES", 20 * 12)


def drawn(inputs: Array | Rows, seed: int, samples: int, portion: int) -> list[Array]:
    return list(shuffled(inputs, np.random.default_rng(seed), samples, portion))


@pytest.mark.parametrize("lengths", [(64,), (7, 30, 1, 26), (3,)])
@pytest.mark.parametrize("portion", [1, 8, 100])
def test_an_epoch_meets_every_sample_once_in_full_portions(
    tmp_path: Path, lengths: tuple[int, ...], portion: int
) -> None:
    inputs = rows(tmp_path, *lengths)
    portions = drawn(inputs, 1, len(inputs), portion)
    assert sorted(np.concatenate(portions)) == list(range(len(inputs)))
    assert {len(each) for each in portions[:-1]} <= {portion}
    assert 0 < len(portions[-1]) <= portion


@pytest.mark.parametrize("samples", [1, 19, 40, 41, 64])
def test_an_epoch_of_fewer_samples_meets_so_many_different_ones(tmp_path: Path, samples: int) -> None:
    for inputs in (rows(tmp_path, 30, 34), np.zeros((64, 3))):
        places = np.concatenate(drawn(inputs, 1, samples, 8))
        assert len(set(places.tolist())) == len(places) == samples


def test_the_order_follows_from_the_seed_and_moves_the_generator_the_same_way_however_much_is_read(
    tmp_path: Path,
) -> None:
    inputs = rows(tmp_path, 64)
    first, second = (np.concatenate(drawn(inputs, seed, 64, 8)) for seed in (1, 2))
    np.testing.assert_array_equal(np.concatenate(drawn(inputs, 1, 64, 8)), first)
    assert (first != second).any()
    whole, part = np.random.default_rng(1), np.random.default_rng(1)
    list(shuffled(inputs, whole, 64, 8))
    next(shuffled(inputs, part, 64, 8))
    assert whole.random() == part.random()


def test_samples_in_files_are_met_in_windows_of_a_few_blocks_and_mixed_within_them(tmp_path: Path) -> None:
    places = np.concatenate(drawn(rows(tmp_path, 640), 1, 640, 8))
    for start in range(0, 640, 20):
        window = places[start : start + 20]
        blocks = set((window // 5).tolist())
        assert len(blocks) == 4, "a window is four blocks of five samples"
    assert (np.diff(places) == 1).mean() < 0.1
    assert np.corrcoef(places, np.arange(640))[0, 1] < 0.3


def test_samples_in_memory_come_as_the_generator_permutes_them() -> None:
    places = np.concatenate(drawn(np.zeros((50, 2)), 3, 50, 7))
    np.testing.assert_array_equal(places, np.random.default_rng(3).permutation(50))
