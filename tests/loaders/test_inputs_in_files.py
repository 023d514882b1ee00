"""Inputs that stay in their files: the same data set as one read at once, whatever it is asked for."""

import gzip
import struct
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from nnspec.contracts import rows
from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.extend import Array, Dataset, Rows
from nnspec.parts.loaders import _mapped
from nnspec.parts.loaders.idx import Idx
from nnspec.parts.loaders.npy import Npy

RANDOM = np.random.default_rng(0)
Y = RANDOM.integers(3, size=40)
SAMPLES: dict[str, Array] = {
    "grey": RANDOM.integers(256, size=(40, 5, 6)).astype(np.uint8),
    "colour": RANDOM.integers(256, size=(40, 3, 5, 6)).astype(np.uint8),
    "channels last": RANDOM.integers(256, size=(40, 5, 6, 3)).astype(np.uint8),
    "floats": RANDOM.normal(size=(40, 7)).astype(np.float32),
    "big-endian": RANDOM.normal(size=(40, 7)).astype(">f4"),
    "single numbers": np.arange(40, dtype=np.float32),
}


@pytest.fixture(params=sorted(SAMPLES))
def both(request: pytest.FixtureRequest, tmp_path: Path, source: Sources) -> tuple[Array, Rows]:
    """The inputs of one data set, read at once and left in two files."""
    x = SAMPLES[request.param]
    np.save(tmp_path / "x-1.npy", x[:13])
    np.save(tmp_path / "x-2.npy", x[13:])
    np.save(tmp_path / "y-1.npy", Y[:13])
    np.save(tmp_path / "y-2.npy", Y[13:])
    loaded = [
        Npy(inputs="x-*.npy", targets="y-?.npy", in_memory=in_memory).load(source) for in_memory in (True, False)
    ]
    assert all(np.array_equal(dataset.train.targets, Y) for dataset in loaded)
    left = cast(object, loaded[1].train.inputs)
    assert isinstance(left, Rows)
    return loaded[0].train.inputs, left


def test_they_answer_as_an_array_does(both: tuple[Array, Rows]) -> None:
    array, left = both
    assert (left.shape, left.ndim, len(left)) == (array.shape, array.ndim, len(array))
    assert left.dtype.newbyteorder("=") == array.dtype
    keys: list[Any] = [0, -1, 13, slice(None), slice(10, 20), slice(3, 30, 4), [5, 1, 1, 39], np.array([-1, 14])]
    for key in [*keys, np.arange(40) % 3 == 0]:
        np.testing.assert_array_equal(left[key], array[key])
    with pytest.raises(IndexError):
        left[40]
    with pytest.raises(DataError, match=r"never in memory together"):
        np.asarray(left)


def test_a_part_of_them_stays_in_the_files_too(both: tuple[Array, Rows]) -> None:
    array, left = both
    for start, stop in ((0, 40), (5, 9), (12, 15), (13, 40), (20, 33)):
        np.testing.assert_array_equal(left.part(start, stop)[:], array[start:stop])


def test_what_is_handed_out_is_a_copy(both: tuple[Array, Rows]) -> None:
    array, left = both
    left[2:4][...] = 0
    np.testing.assert_array_equal(left[:], array)


def test_pages_are_given_back_after_so_many_bytes(
    both: tuple[Array, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    array, left = both
    monkeypatch.setattr(rows, "RESIDENT", 100)
    for _ in range(3):
        np.testing.assert_array_equal(left[:], array)


def test_the_last_samples_are_set_aside(tmp_path: Path, source: Sources) -> None:
    np.save(tmp_path / "x.npy", SAMPLES["floats"])
    np.save(tmp_path / "y.npy", Y)
    dataset = Npy(inputs="x.npy", targets="y.npy", in_memory=False, validation=0.25, test=4).load(source)
    assert {name: len(split) for name, split in dataset.splits.items()} == {
        "train": 26,
        "validation": 10,
        "test": 4,
    }
    np.testing.assert_array_equal(dataset.splits["validation"].inputs[:], SAMPLES["floats"][26:36])
    np.testing.assert_array_equal(dataset.splits["test"].targets, Y[36:])


@pytest.mark.parametrize("floats", [False, True])
def test_idx_images_may_stay_in_their_file(tmp_path: Path, source: Sources, floats: bool) -> None:
    x = SAMPLES["grey"].astype(">f4") if floats else SAMPLES["grey"]
    header = struct.pack(">I3I", 0x0D03 if floats else 0x0803, *x.shape)
    (tmp_path / "x").write_bytes(header + x.tobytes())
    (tmp_path / "y").write_bytes(struct.pack(">II", 0x0801, 40) + Y.astype(np.uint8).tobytes())
    loaded: list[Dataset] = [
        Idx(train_images="x", train_labels="y", validation=0.1, in_memory=in_memory).load(source)
        for in_memory in (True, False)
    ]
    assert isinstance(loaded[1].train.inputs, Rows)
    for name, split in loaded[0].splits.items():
        np.testing.assert_array_equal(loaded[1].splits[name].inputs[:], split.inputs)
        np.testing.assert_array_equal(loaded[1].splits[name].targets, split.targets)


def test_large_files_stay_and_small_ones_do_not_unless_the_spec_says_so(
    tmp_path: Path, source: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "x.npy", SAMPLES["floats"])
    np.save(tmp_path / "y.npy", Y)

    def stays(**options: Any) -> bool:
        dataset = Npy(inputs="x.npy", targets="y.npy", **options).load(source)
        return isinstance(cast(object, dataset.train.inputs), Rows)

    assert (stays(), stays(in_memory=False)) == (False, True)
    monkeypatch.setattr(_mapped, "READ_AT_ONCE", 1000)
    assert (stays(), stays(in_memory=True)) == (True, False)
    (tmp_path / "x.npy").write_bytes(gzip.compress((tmp_path / "x.npy").read_bytes()))
    assert not stays(), "compressed inputs cannot stay"


def test_the_hash_of_a_file_that_stays_tells_another_file(tmp_path: Path, source: Sources) -> None:
    def digest(x: Array) -> str:
        np.save(tmp_path / "x.npy", x)
        np.save(tmp_path / "y.npy", Y)
        return Npy(inputs="x.npy", targets="y.npy", in_memory=False).load(source).files[0].sha256

    x = SAMPLES["floats"]
    other = x.copy()
    other[20, 3] += 1
    assert digest(x) == digest(x.copy())
    assert len({digest(x), digest(other), digest(x[:40].astype(np.float64))}) == 3


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-5]), "cut short or damaged"),
        (lambda path: path.write_bytes(gzip.compress(path.read_bytes())), "decompress it"),
        (lambda path: np.save(path, np.asfortranarray(SAMPLES["floats"])), "ascontiguousarray"),
        (lambda path: np.save(path, np.array(["a"] * 40)), "where numbers were expected"),
        (lambda path: np.save(path, np.zeros((40, 8), np.float32)), "must be alike"),
        (lambda path: path.write_bytes(b"no array"), "header does not read"),
    ],
)
def test_what_cannot_stay_is_refused_with_a_reason(
    tmp_path: Path, source: Sources, damage: Any, message: str
) -> None:
    for number in (1, 2):
        np.save(tmp_path / f"x-{number}.npy", SAMPLES["floats"])
        np.save(tmp_path / f"y-{number}.npy", Y)
    damage(tmp_path / "x-2.npy")
    with pytest.raises(DataError, match=message):
        Npy(inputs="x-*.npy", targets="y-*.npy", in_memory=False).load(source)


def test_a_pattern_that_nothing_fits_is_told(source: Sources) -> None:
    with pytest.raises(DataError, match=r"no file in .* fits"):
        Npy(inputs="x-*.npy", targets="y-*.npy").load(source)


def test_files_read_at_once_must_be_alike_too(tmp_path: Path, source: Sources) -> None:
    for number, width in ((1, 7), (2, 8)):
        np.save(tmp_path / f"x-{number}.npy", np.zeros((4, width)))
        np.save(tmp_path / f"y-{number}.npy", Y[:4])
    with pytest.raises(DataError, match="must be alike"):
        Npy(inputs="x-*.npy", targets="y-*.npy").load(source)
