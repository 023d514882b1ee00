"""idx: any IDX files, and everything that can be wrong with them."""

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.parts.loaders.idx import Idx

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def idx(values: Any, kind: str = "u1") -> bytes:
    """An IDX file's content, put together element by element."""
    array = np.asarray(values)
    codes = {"u1": "B", "i1": "b", ">i2": ">h", ">i4": ">i", ">f4": ">f", ">f8": ">d"}
    header = bytes([0, 0, CODES[kind], array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape)
    return header + b"".join(struct.pack(codes[kind], value) for value in array.reshape(-1).tolist())


IMAGES = np.arange(6 * 2 * 3).reshape(6, 2, 3)
LABELS = [0, 1, 2, 0, 1, 2]
BOTH = Idx(train_images="images", train_labels="labels")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images of 2 x 3 and their labels."""
    (tmp_path / "images").write_bytes(idx(IMAGES))
    (tmp_path / "labels").write_bytes(idx(LABELS))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_images_get_a_channel_and_stay_bytes(source: Sources) -> None:
    dataset = BOTH.load(source)
    assert dataset.train.inputs.dtype == np.uint8
    assert dataset.train.inputs.tolist() == IMAGES[:, np.newaxis].tolist()
    assert dataset.train.targets.tolist() == LABELS
    assert dataset.classes == ("0", "1", "2")
    assert dataset.validation is None
    assert dataset.test is None


@pytest.mark.parametrize("kind", list(CODES))
def test_every_element_type_is_read_in_this_machines_byte_order(folder: Path, source: Sources, kind: str) -> None:
    (folder / "images").write_bytes(idx(IMAGES, kind))
    inputs = BOTH.load(source).train.inputs
    assert inputs.tolist() == IMAGES[:, np.newaxis].tolist()
    assert inputs.dtype.isnative
    assert inputs.dtype == (np.float32 if "f" in kind else np.dtype(kind).newbyteorder("="))


@pytest.mark.parametrize("shape", [(6, 6), (6, 3, 1, 2)])
def test_rows_and_arrays_of_channels_keep_their_shape(
    folder: Path, source: Sources, shape: tuple[int, ...]
) -> None:
    (folder / "images").write_bytes(idx(IMAGES.reshape(-1)[: np.prod(shape)].reshape(shape)))
    assert BOTH.load(source).train.inputs.shape == shape


def test_splits_come_from_the_end_from_files_or_by_chance(folder: Path, source: Sources) -> None:
    end = BOTH.model_copy(update={"validation": 2}).load(source)
    assert end.validation is not None
    assert end.validation.targets.tolist() == [1, 2]
    (folder / "more.gz").write_bytes(gzip.compress(idx(IMAGES[:2] + 100)))
    (folder / "more-labels").write_bytes(idx([2, 2]))
    files = Idx(
        train_images="images",
        train_labels="labels",
        test_images="more.gz",
        test_labels="more-labels",
        classes=("a", "b", "c"),
    ).load(source)
    assert files.test is not None
    assert files.test.inputs[0, 0, 0, 0] == 100
    assert files.classes == ("a", "b", "c")
    assert [file.name for file in files.files] == ["images", "labels", "more", "more-labels"]
    chance = BOTH.model_copy(update={"test": 0.5}).load(source)
    assert chance.test is not None
    assert sorted(chance.test.targets.tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    "options",
    [
        {"test_images": "x"},
        {"test_labels": "x"},
        {"test_images": "x", "test_labels": "y", "test": 3},
        {"classes": ("a", "a")},
        {"classes": ("a",)},
    ],
)
def test_options_that_contradict_each_other_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Idx(train_images="images", train_labels="labels", **options)


DAMAGED: list[tuple[str, bytes, str]] = [
    ("images", idx(IMAGES)[:-1], "is cut short: declares 6 x 2 x 3 elements, 36 bytes, but only 35 follow"),
    ("images", idx(IMAGES)[:9], "ends within its header"),
    ("images", b"", "holds 0 bytes"),
    ("images", idx(IMAGES) + b"x", "more than these follow"),
    ("images", gzip.compress(idx(IMAGES), mtime=0)[:-9], "gzip data is cut short"),
    ("images", b"<html>nothing here</html>", "is no IDX file: it starts with the bytes 3c 68 74 6d"),
    ("images", b"\0\0\x0a\x03" + idx(IMAGES)[4:], "is no IDX file"),
    ("images", b"\0\0\x08\x00", "is no IDX file"),
    ("images", idx(LABELS), r"holds labels \(magic 2049\) where images \(magic 2051\) were expected"),
    ("labels", idx(IMAGES), r"holds images \(magic 2051\) where labels \(magic 2049\) were expected"),
    ("labels", idx([0.0] * 6, ">f4"), "where labels"),
    ("labels", idx(LABELS[:5]), "holds 5 labels for 6 images"),
    ("labels", idx([0, 0, -1, 0, 0, 0], "i1"), "label -1 of sample 2 is out of range: expected 0 upwards"),
    ("labels", idx([0, 0, 2_000_000_000, 0, 0, 0], ">i4"), "labels up to 2000000000"),
    ("images", b"\0\0\x08\x03" + struct.pack(">3I", 0, 2, 3), "is empty"),
    ("images", idx(np.full((6, 2), np.nan), ">f4"), "holds NaN, infinite values, or values beyond float32"),
    ("images", idx(np.full((6, 2), 1e300), ">f8"), "holds NaN, infinite values, or values beyond float32"),
]


@pytest.mark.parametrize(("name", "content", "message"), DAMAGED)
def test_a_damaged_file_is_named_with_what_is_wrong(
    folder: Path, source: Sources, name: str, content: bytes, message: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        BOTH.load(source)
    assert str(caught.value).startswith(str(folder / name))


@pytest.mark.usefixtures("folder")
def test_a_label_beyond_the_named_classes_is_out_of_range(source: Sources) -> None:
    with pytest.raises(DataError, match="label 2 of sample 2 is out of range: expected 0 to 1"):
        Idx(train_images="images", train_labels="labels", classes=("a", "b")).load(source)


def test_a_test_set_of_another_shape_is_an_error(folder: Path, source: Sources) -> None:
    (folder / "other").write_bytes(idx(IMAGES[:, :, :2]))
    with pytest.raises(DataError, match="`other` holds samples of another shape than `images`"):
        Idx(train_images="images", train_labels="labels", test_images="other", test_labels="labels").load(source)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_header_that_claims_gigabytes_allocates_nothing(folder: Path, source: Sources, pack: Any) -> None:
    (folder / "images").write_bytes(pack(b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**16, 2**16) + b"abc"))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"cut short|more than is unpacked"):
            BOTH.load(source)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_missing_file_says_where_it_was_sought(tmp_path: Path, source: Sources) -> None:
    with pytest.raises(DataError, match=str(tmp_path / "images")):
        BOTH.load(source)
