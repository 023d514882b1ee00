"""npy and npz: what NumPy writes is read back, and what is wrong is said."""

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.extend import Dataset
from nnspec.parts.loaders.npy import Npy
from nnspec.parts.loaders.npz import Npz

X = np.random.default_rng(0).normal(size=(12, 4))
Y = np.arange(12) % 3


@pytest.fixture
def load(tmp_path: Path, source: Sources) -> Callable[..., Dataset]:
    """Saves inputs and targets as .npy files and loads them."""

    def saved(x: Any = X, y: Any = Y, **options: Any) -> Dataset:
        np.save(tmp_path / "x.npy", x)
        np.save(tmp_path / "y.npy", y)
        return Npy(inputs="x.npy", targets="y.npy", **options).load(source)

    return saved


@pytest.mark.parametrize("kind", ["f8", ">f8", "f4", "f2", "?"])
def test_floats_and_truths_are_kept_as_float32(load: Callable[..., Dataset], kind: str) -> None:
    inputs = load(X.astype(kind)).train.inputs
    assert inputs.dtype == np.float32
    assert np.array_equal(inputs, X.astype(kind).astype(np.float32))


@pytest.mark.parametrize("kind", ["u1", "i8", ">i4", "u2"])
def test_whole_numbers_keep_their_type(load: Callable[..., Dataset], kind: str) -> None:
    inputs = load(np.arange(48).reshape(12, 4).astype(kind)).train.inputs
    assert inputs.dtype == np.dtype(kind).newbyteorder("=")
    assert inputs.tolist() == np.arange(48).reshape(12, 4).tolist()


def test_columns_first_storage_is_turned_into_rows_that_lie_together(load: Callable[..., Dataset]) -> None:
    inputs = load(np.asfortranarray(X)).train.inputs
    assert inputs.flags.c_contiguous
    assert np.array_equal(inputs, X.astype(np.float32))


@pytest.mark.parametrize(
    ("stored", "shape"),
    [
        ((12, 5, 6), (12, 1, 5, 6)),
        ((12, 5, 6, 3), (12, 3, 5, 6)),
        ((12, 3, 5, 6), (12, 3, 5, 6)),
        ((12,), (12, 1)),
    ],
)
def test_bytes_become_images_with_channels_first(
    load: Callable[..., Dataset], stored: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    values = np.arange(np.prod(stored)).reshape(stored).astype(np.uint8)
    inputs = load(values).train.inputs
    assert inputs.shape == shape
    if stored == (12, 5, 6, 3):
        assert inputs[7, 2, 3, 4] == values[7, 3, 4, 2]


@pytest.mark.parametrize(
    ("targets", "labels", "classes"),
    [
        (Y, Y, ("0", "1", "2")),
        (Y.astype(np.uint8)[:, np.newaxis], Y, ("0", "1", "2")),
        (np.eye(3)[Y], Y, ("0", "1", "2")),
        (np.eye(3, dtype=int)[Y], Y, ("0", "1", "2")),
        (np.array(["b", "a", "c"])[Y], np.array([1, 0, 2])[Y], ("a", "b", "c")),
        (np.array(["10", "9", "2"])[Y], np.array([2, 1, 0])[Y], ("2", "9", "10")),
        (np.array([b"b", b"a", b"c"])[Y], np.array([1, 0, 2])[Y], ("a", "b", "c")),
    ],
)
def test_classes_may_be_numbers_words_or_one_hot_rows(
    load: Callable[..., Dataset], targets: Any, labels: Any, classes: tuple[str, ...]
) -> None:
    dataset = load(y=targets)
    assert dataset.train.targets.tolist() == labels.tolist()
    assert dataset.train.targets.dtype == np.int64
    assert dataset.classes == classes


def test_floats_are_to_be_predicted_unless_the_spec_says_otherwise(load: Callable[..., Dataset]) -> None:
    one = load(y=X[:, 0])
    assert one.classes is None
    assert np.array_equal(one.train.targets, X[:, :1].astype(np.float32))
    assert load(y=X[:, :2]).train.targets.shape == (12, 2)
    assert load(y=Y.astype(float), task="classification").train.targets.tolist() == Y.tolist()
    assert load(y=Y, task="regression").train.targets.tolist() == Y[:, np.newaxis].tolist()
    assert load(y=Y.astype(float), classes=("a", "b", "c")).classes == ("a", "b", "c")


def test_splits_are_drawn_in_proportion(load: Callable[..., Dataset]) -> None:
    dataset = load(validation=3, test=0.25)
    assert {name: sorted(split.targets.tolist()) for name, split in dataset.splits.items()} == {
        "train": [0, 0, 1, 1, 2, 2],
        "validation": [0, 1, 2],
        "test": [0, 1, 2],
    }


def test_what_was_read_is_listed_with_its_hash(load: Callable[..., Dataset], tmp_path: Path) -> None:
    files = load().files
    assert [file.name for file in files] == ["x.npy", "y.npy"]
    assert files[0].sha256 == hashlib.sha256((tmp_path / "x.npy").read_bytes()).hexdigest()


def test_a_split_in_files_of_its_own(tmp_path: Path, source: Sources) -> None:
    for name, values in {"x": X, "y": Y, "tx": X[:5], "ty": Y[:5]}.items():
        np.save(tmp_path / f"{name}.npy", values)
    (tmp_path / "x.npy.gz").write_bytes(gzip.compress((tmp_path / "x.npy").read_bytes()))
    options: dict[str, Any] = {
        "inputs": "x.npy.gz",
        "targets": "y.npy",
        "test_inputs": "tx.npy",
        "test_targets": "ty.npy",
    }
    dataset = Npy(**options).load(source)
    assert dataset.test is not None
    assert len(dataset.test) == 5
    with pytest.raises(DataError, match="there is a test split in the data already"):
        Npy(**options, test=3).load(source)
    with pytest.raises(ValidationError, match="give both"):
        Npy(inputs="x.npy", targets="y.npy", test_inputs="tx.npy")


SIGNALLING = np.full((12, 4), 0x7FF0000000000001, np.uint64).view(np.float64)
"""NaN that processors object to when they convert them."""


def with_value(place: tuple[int, ...], value: float) -> np.ndarray[Any, Any]:
    changed = X.copy()
    changed[place] = value
    return changed


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (
            with_value((3, 2), np.nan),
            Y,
            {},
            r"x.npy: holds NaN, an infinite value or one beyond float32 in sample 3",
        ),
        (with_value((0, 0), np.inf), Y, {}, "in sample 0"),
        (SIGNALLING, Y, {}, "in sample 0"),
        (X, SIGNALLING, {}, "y.npy: holds NaN"),
        (with_value((11, 0), 1e300), Y, {}, "in sample 11"),
        (X.astype(complex), Y, {}, "x.npy: holds complex128"),
        (X.astype(str), Y, {}, "x.npy: holds <U.* where numbers were expected"),
        (np.array([None] * 12), Y, {}, "x.npy: holds Python objects"),
        (X, np.array([1, "a", None] * 4, object), {}, "y.npy: holds Python objects"),
        (X[:0], Y, {}, r"x.npy: is empty: its shape is \(0, 4\)"),
        (X, Y[:11], {}, "y.npy: holds 11 targets for 12 samples"),
        (X, Y - 1, {}, "y.npy: has label -1 at sample 0, out of range: expected 0 to 1"),
        (X, Y, {"classes": ("a", "b")}, "y.npy: has label 2 at sample 2, out of range: expected 0 to 1"),
        (X, Y * 100_000, {}, "y.npy: has labels up to 200000.*task: regression"),
        (X, Y + 0.5, {"task": "classification"}, "fractions or NaN where class numbers"),
        (X, with_value((1, 1), np.nan), {}, "y.npy: holds NaN"),
        (X, np.array(["a", "b", "z"])[Y], {"classes": ("a", "b")}, "y.npy: has the label 'z', which is none of"),
        (X, np.array(["a", "b", "z"])[Y], {"task": "regression"}, "where numbers were expected"),
        (X, Y, {"validation": 12}, "leaves none to train on"),
        (np.array(1.0), Y, {}, "is empty|is no"),
    ],
)
def test_data_that_does_not_fit_is_named_with_what_is_wrong(
    load: Callable[..., Dataset], x: Any, y: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        load(x, y, **options)


def npy(values: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no .npy data"),
        (b"\x93NUMPY", "is no .npy data"),
        (b"not an array at all", "is no .npy data"),
        (npy(X)[:-5], "declares shape"),
        (npy(X) + b"more", "declares shape"),
        (npy(X).replace(b"(12, 4)", b"(-1,-4)"), "is empty|declares"),
        (npy(X).replace(b"(12, 4)", b"(99999)"), "is no .npy data"),
        (npy(X).replace(b"(12, 4)", b"9999999"), "is no .npy data"),
        (npy(X).replace(b"'<f8'", b"'|V8'"), "expected numbers or text"),
        (npy(X).replace(b"'<f8'", b"'|U0'"), "expected numbers or text"),
        (npy(X).replace(b"'<f8'", b"'xyz'"), "is no .npy data"),
        (npy(X).replace(b"{", b"("), "is no .npy data"),
    ],
)
def test_damaged_npy_files_are_errors(tmp_path: Path, source: Sources, content: bytes, message: str) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(DataError, match=message) as caught:
        Npy(inputs="x.npy", targets="y.npy").load(source)
    assert str(caught.value).startswith(str(tmp_path / "x.npy"))


def test_a_header_of_python_2_is_read_without_a_warning(tmp_path: Path, source: Sources) -> None:
    (tmp_path / "x.npy").write_bytes(npy(X).replace(b"(12, 4), } ", b"(12L, 4), }"))
    np.save(tmp_path / "y.npy", Y)
    assert Npy(inputs="x.npy", targets="y.npy").load(source).train.inputs.shape == (12, 4)


@pytest.mark.parametrize(
    ("x", "y"), [("inputs", "targets"), ("x", "y"), ("X", "y"), ("x_train", "y_train"), ("data", "target")]
)
def test_usual_names_are_found(tmp_path: Path, source: Sources, x: str, y: str) -> None:
    np.savez_compressed(tmp_path / "a.npz", **dict[str, Any]({x: X, y: Y, "unused": np.array([None])}))
    dataset = Npz(path="a.npz").load(source)
    assert np.array_equal(dataset.train.inputs, X.astype(np.float32))
    assert dataset.files[0].sha256 == hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest()


def test_splits_are_found_by_their_usual_names_or_by_given_ones(tmp_path: Path, source: Sources) -> None:
    np.savez(tmp_path / "a.npz", x_train=X, y_train=Y, x_test=X[:3], y_test=Y[:3], p=X[:7], q=Y[:7])
    found = Npz(path="a.npz", validation=3).load(source)
    assert {name: len(split) for name, split in found.splits.items()} == {"train": 9, "validation": 3, "test": 3}
    named = Npz(path="a.npz", inputs="p", targets="q").load(source)
    assert {name: len(split) for name, split in named.splits.items()} == {"train": 7, "test": 3}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "which arrays are the train split.*there are a, b, c"),
        ({"inputs": "a"}, "which arrays are the train split"),
        ({"inputs": "a", "targets": "z"}, "has no array `z`; there are a, b, c"),
        ({"inputs": "c", "targets": "b"}, "`c` holds Python objects"),
        ({"inputs": "a", "targets": "b", "test_inputs": "a"}, "which arrays are the test split"),
    ],
)
def test_arrays_that_are_not_there_are_errors(
    tmp_path: Path, source: Sources, options: dict[str, Any], message: str
) -> None:
    np.savez(tmp_path / "a.npz", a=X, b=Y, c=np.array([None]))
    with pytest.raises(DataError, match=message):
        Npz(path="a.npz", **options).load(source)


def test_archives_that_are_damaged_or_none_are_errors(tmp_path: Path, source: Sources) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=X, y=Y)
    whole = (tmp_path / "a.npz").read_bytes()
    changed = bytearray(whole)
    changed[100] ^= 0xFF
    for content, message in (
        (whole[:-30], "is no .npz file, or is cut short"),
        (b"", "is no .npz file"),
        (npy(X), "is no .npz file"),
        (bytes(changed), "`x` cannot be unpacked"),
    ):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(DataError, match=message):
            Npz(path="a.npz").load(source)


def test_a_zip_bomb_is_refused(tmp_path: Path, source: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnspec.files.bounds.SMALL", 500_000)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy(np.zeros((1000, 1000), np.uint8)))
        archive.writestr("y.npy", npy(Y))
    with pytest.raises(DataError, match="`x` decompresses to 1000128 bytes, far more than"):
        Npz(path="a.npz").load(source)
