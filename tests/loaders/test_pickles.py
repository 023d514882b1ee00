"""pickle: data is read whatever wrote it."""

import gzip
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.parts.loaders.pickle import Pickle

from .pickles import X, Y, load, python_2_array, unpickled


def same(left: Any, right: Any) -> bool:
    """Whether two values are alike in type, shape and content, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return bool(left.dtype == right.dtype and left.shape == right.shape and (left == right).all())
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


# What Python 3 and the installed NumPy write: the standard library's own machine is the judge.

VALUES: list[Any] = [
    None,
    True,
    False,
    *(0, 1, 255, 256, 65536, -1, -(2**31), 2**31, 2**70, -(2**200)),
    *(0.0, -1.5, 1e300, float("inf")),
    *("", "text", "é€\N{GRINNING FACE}", "x" * 70_000, "line\nline", "\\ and '"),
    *(b"", b"\x00\xff", b"y" * 300),
    *((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], list(range(3000))),
    *({}, {"a": 1}, {"a": [1, {"b": (2,)}], 3: None}, dict.fromkeys(map(str, range(2500)))),
    *(X, X.T, X[::2, 1:], X.astype(">f8"), np.asfortranarray(X), X.reshape(3, 2, 2, 5), X[:0], np.array(3.5)),
    *(Y, Y.astype(np.uint8), Y.astype(">i2"), Y == 1, np.array(["a", "bcd"]), np.array([b"x", b"yz"])),
    *((X, Y, X, Y), {"x": X, "same": X}),
]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_whatever_python_writes_is_read_as_python_reads_it(protocol: int) -> None:
    for value in VALUES:
        data = pickle.dumps(value, protocol)
        assert same(unpickled(data), pickle.loads(data))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_numbers_of_numpy_become_numbers(protocol: int) -> None:
    assert unpickled(pickle.dumps([np.float32(1.5), np.int64(7), np.bool(True)], protocol)) == [1.5, 7, True]


def test_every_instruction_that_is_known_is_one_of_pickles() -> None:
    from nnspec.parts.loaders._unpickler import INSTRUCTIONS

    names = {op.name for op in pickletools.opcodes if op.code.encode("latin-1") in INSTRUCTIONS}
    assert len(names) == len(INSTRUCTIONS)
    refused = {op.name for op in pickletools.opcodes} - names
    assert refused == {
        *("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4"),
        *("EMPTY_SET", "ADDITEMS", "FROZENSET", "NEXT_BUFFER", "READONLY_BUFFER", "STOP"),
    }


# What Python 2 wrote, put together by hand.


def python_2_text_array(array: np.ndarray[Any, Any]) -> bytes:
    """An array as Python 2 pickled it with protocol 0, all of it text."""
    raw = repr(array.astype(array.dtype.newbyteorder("<")).tobytes())[1:].encode()
    shape = b"(" + b"".join(b"L%dL\n" % length for length in array.shape) + b"t"
    return (
        b"cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntS'b'\ntR(I1\n"
        + shape
        + b"cnumpy\ndtype\np3\n(S'%s'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb" % array.dtype.str[1:].encode()
        + b"I00\nS"
        + raw
        + b"\ntb"
    )


@pytest.mark.parametrize("array", [X, Y, X[:, 0], (X * 100).astype(np.uint8)])
@pytest.mark.parametrize("write", [python_2_array, python_2_text_array])
def test_arrays_of_python_2_are_read(array: np.ndarray[Any, Any], write: Any) -> None:
    data = (b"\x80\x02" if write is python_2_array else b"") + write(array) + b"."
    assert np.array_equal(unpickled(data), array)
    # The pickle by hand is a good one: Python's own machine agrees.
    assert np.array_equal(pickle.loads(data, encoding="latin1"), array)


def test_arrays_under_the_module_names_of_numpy_1_and_2_are_read() -> None:
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        assert np.array_equal(unpickled(b"\x80\x02" + python_2_array(X, module) + b"."), X)


def test_the_layout_of_columns_first_is_kept() -> None:
    data = python_2_array(X).replace(b"\x89T", b"\x88T")
    expected = np.frombuffer(X.tobytes(), np.float32).reshape(X.shape, order="F")
    assert np.array_equal(unpickled(data + b"."), expected)


# The orders in which people keep their data.


def test_three_pairs_of_python_2_gzipped_are_train_validation_and_test(tmp_path: Path, source: Sources) -> None:
    pairs = b"".join(python_2_array(X[:n]) + python_2_array(Y[:n]) + b"\x86" for n in (12, 6, 3))
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(b"\x80\x02" + pairs + b"\x87."))
    dataset = Pickle(path="mnist.pkl.gz").load(source)
    assert {name: len(split) for name, split in dataset.splits.items()} == {
        "train": 12,
        "validation": 6,
        "test": 3,
    }
    assert dataset.train.inputs.dtype == np.float32
    assert np.array_equal(dataset.train.inputs, X)
    assert dataset.train.targets.tolist() == Y.tolist()
    assert dataset.classes == ("0", "1", "2")
    assert [file.name for file in dataset.files] == ["mnist.pkl"]


ONE_HOT = np.eye(3)[Y]
BYTES = (X * 255).astype(np.uint8)


@pytest.mark.parametrize("inputs", [X, X.T, BYTES, BYTES.T], ids=["rows", "columns", "bytes", "columns of bytes"])
@pytest.mark.parametrize(
    "labels",
    [Y, Y[:, np.newaxis], Y[np.newaxis], ONE_HOT, ONE_HOT.T, Y.tolist()],
    ids=["numbers", "a column", "a row", "one-hot rows", "one-hot columns", "a list"],
)
def test_four_arrays_are_read_in_rows_or_columns(
    tmp_path: Path, source: Sources, inputs: np.ndarray[Any, Any], labels: Any
) -> None:
    dataset = load(tmp_path, source, (inputs, labels, inputs, labels))
    rows = inputs if len(inputs) == 12 else inputs.T
    for split in (dataset.train, dataset.test):
        assert split.inputs.dtype == inputs.dtype
        assert np.array_equal(split.inputs, rows)
        assert split.inputs.flags.c_contiguous
        assert split.targets.tolist() == Y.tolist()


def test_inputs_first_and_targets_after_is_an_order_too(tmp_path: Path, source: Sources) -> None:
    for labels in (Y, ONE_HOT):
        dataset = load(tmp_path, source, (X, X[:7], labels, labels[:7]))
        assert np.array_equal(dataset.train.inputs, X)
        assert np.array_equal(dataset.test.inputs, X[:7])
        assert dataset.test.targets.tolist() == Y[:7].tolist()


def test_images_of_bytes_get_their_channel(tmp_path: Path, source: Sources) -> None:
    images = np.arange(12 * 4 * 4, dtype=np.uint8).reshape(12, 4, 4)
    assert np.array_equal(load(tmp_path, source, (images, Y)).train.inputs, images[:, np.newaxis])


def test_a_list_of_columns_is_a_sample_each(tmp_path: Path, source: Sources) -> None:
    samples = [(x[:, np.newaxis].astype(np.float64), y[:, np.newaxis]) for x, y in zip(X, ONE_HOT, strict=True)]
    dataset = load(tmp_path, source, samples, test=3)
    assert len(dataset.train) == 9
    whole = load(tmp_path, source, samples)
    assert np.array_equal(whole.train.inputs, X)
    assert whole.train.targets.tolist() == Y.tolist()
    three = load(tmp_path, source, samples[:3])
    assert np.array_equal(three.train.inputs, X[:3])
    numbered = load(tmp_path, source, [(x, int(y)) for x, y in zip(X, Y, strict=True)])
    assert numbered.train.targets.tolist() == Y.tolist()


def test_a_dict_is_read_by_its_usual_names_also_from_python_2(tmp_path: Path, source: Sources) -> None:
    value = {"x_train": X, "y_train": Y, "x_test": X[:3], "y_test": Y[:3], "note": "made by hand"}
    assert len(load(tmp_path, source, value).splits["test"]) == 3
    by_hand = b"\x80\x02}(U\x04data" + python_2_array(X) + b"U\x06target" + python_2_array(Y) + b"u."
    assert np.array_equal(load(tmp_path, source, by_hand).train.inputs, X)


@pytest.mark.parametrize(
    "value",
    [3, "text", [], {}, X, (X,), (X, Y, X), [1, 2], {"a": X}, ((X, Y), 3), [(X, Y, X)], (None, None)],
)
def test_an_order_that_is_not_known_is_explained(tmp_path: Path, source: Sources, value: Any) -> None:
    with pytest.raises(DataError, match=r"x\.pkl: holds data in an order that is not known: expected \(X_train"):
        load(tmp_path, source, value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((X, Y[:7]), r"inputs of shape \(12, 5\) and targets of shape \(7,\): which axis counts the samples"),
        ([X[0], Y], "which axis counts the samples"),
        (((X, Y), (X[:6], Y[:4])), r"inputs of shape \(6, 5\) and targets of shape \(4,\)"),
        ((X * np.nan, Y), "holds NaN"),
        ((X, Y - 1), "label -1 at sample 0, out of range"),
        ([(X[0], 1), (X[1, :2], 2)], "pairs of inputs and targets that differ in length"),
        ((X, np.array([None] * 12)), "holds an array of Python objects"),
        ((X, Y.astype(complex)), "holds an array of NumPy type `c16`; save it as"),
        ((X, Y.astype("M8[s]")), "holds an array of NumPy type `M8`"),
    ],
)
def test_data_that_does_not_fit_is_an_error(tmp_path: Path, source: Sources, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(tmp_path, source, value)
