"""Shares of samples set aside for validation and test."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.extend import Split
from nnspec.parts.loaders._split import count, drawn, last, set_aside
from nnspec.parts.loaders.idx import Idx
from nnspec.parts.loaders.npz import Npz


def numbered(samples: int, classes: int = 3) -> Split:
    numbers = np.arange(samples)
    return Split(numbers[:, np.newaxis], numbers % classes)


def test_a_share_is_a_count_or_a_fraction() -> None:
    assert count(0, 50) == 0
    assert count(10, 50) == 10
    assert count(0.2, 50) == 10
    assert count(0.25, 50) == 12
    assert count(0.001, 50) == 1


def test_the_last_samples_are_set_aside() -> None:
    splits = last(numbered(10), 0.3)
    assert splits["train"].inputs[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert splits["validation"].inputs[:, 0].tolist() == [7, 8, 9]
    assert list(last(numbered(10), 0)) == ["train"]


@pytest.mark.parametrize(("validation", "test"), [(10, 0), (0, 11), (5, 5), (0.5, 0.5), (0.99, 3)])
def test_nothing_left_to_train_on_is_an_error(validation: float, test: float) -> None:
    with pytest.raises(DataError, match=r"of 10 samples, setting aside .* leaves none to train on"):
        set_aside(10, validation, test)


@given(
    sizes=some.lists(some.integers(1, 40), min_size=2, max_size=5),
    validation=some.floats(0.05, 0.4),
    test=some.floats(0.05, 0.4),
    seed=some.integers(0, 100),
)
def test_drawn_splits_part_the_samples_with_every_class_in_proportion(
    sizes: list[int], validation: float, test: float, seed: int
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    total = len(labels)
    if count(validation, total) + count(test, total) >= total:
        return
    split = Split(np.arange(total)[:, np.newaxis], labels)
    splits = drawn(split, validation, test, np.random.default_rng(seed), stratified=True)
    assert len(splits["validation"]) == count(validation, total)
    assert len(splits["test"]) == count(test, total)
    everything = np.concatenate([part.inputs[:, 0] for part in splits.values()])
    assert sorted(everything.tolist()) == list(range(total))
    for part in splits.values():
        assert (labels[part.inputs[:, 0]] == part.targets).all()
        for label, size in enumerate(sizes):
            # A stretch of the stratified order cuts a class at two ends at most.
            assert abs((part.targets == label).sum() - size * len(part) / total) <= 3


def test_drawing_is_repeated_by_the_same_seed_and_no_other() -> None:
    def drawn_by(seed: int, *, stratified: bool) -> list[int]:
        splits = drawn(numbered(60), 0.2, 0.2, np.random.default_rng(seed), stratified=stratified)
        return [int(row) for row in splits["test"].inputs[:, 0]]

    for stratified in (True, False):
        assert drawn_by(1, stratified=stratified) == drawn_by(1, stratified=stratified)
        assert drawn_by(1, stratified=stratified) != drawn_by(2, stratified=stratified)


def test_without_shares_the_data_is_left_as_it_is() -> None:
    split = numbered(5)
    assert drawn(split, 0, 0, np.random.default_rng(0), stratified=True)["train"] is split


def test_a_rare_class_keeps_its_share_only_where_splits_are_stratified(source: Sources) -> None:
    """Of 1,000 points 1 % are rare: with `stratified` each split has 1 % of them, within a sample."""
    labels = np.repeat([0, 1], [990, 10])
    np.savez("rare.npz", inputs=np.arange(1000.0)[:, np.newaxis], targets=labels)
    loader = Npz(path="rare.npz", validation=0.2, test=0.2)
    splits = loader.load(source).splits
    assert {name: int(split.targets.sum()) for name, split in splits.items()} == {
        "train": 6,
        "validation": 2,
        "test": 2,
    }
    counts = [
        loader.model_copy(update={"stratified": False}).load(source).splits["test"].targets.sum()
        for _ in range(20)
    ]
    assert len(set(counts)) > 1


def test_the_validation_split_of_idx_files_may_be_stratified(source: Sources) -> None:
    """Sorted by class, the last samples are of one class alone; drawn, they are of each in proportion."""
    folder = source.path(".")
    write_idx(folder / "images.idx", np.arange(100 * 4, dtype=np.uint8).reshape(100, 2, 2))
    write_idx(folder / "labels.idx", np.repeat(np.arange(4, dtype=np.uint8), 25))
    loader = Idx(train_images="images.idx", train_labels="labels.idx", validation=0.2)
    last_ones = loader.load(source).splits["validation"].targets
    drawn_ones = loader.model_copy(update={"stratified": True}).load(source).splits["validation"].targets
    assert np.bincount(last_ones, minlength=4).tolist() == [0, 0, 0, 20]
    assert np.bincount(drawn_ones, minlength=4).tolist() == [5, 5, 5, 5]


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(length.to_bytes(4, "big") for length in array.shape)
    path.write_bytes(header + array.tobytes())
