"""pickle: data is read whatever wrote it, and nothing in a pickle is ever run."""

import copyreg
import gzip
import os
import pickle
import pickletools
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.parts.loaders._unpickler import Unpickler
from nnspec.parts.loaders.pickle import Pickle

X = np.random.default_rng(0).random((12, 5)).astype(np.float32)
Y = np.arange(12) % 3


def unpickled(data: bytes) -> Any:
    return Unpickler(data, Path("x.pkl")).load()


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


def python_2_array(array: np.ndarray[Any, Any], module: str = "numpy.core.multiarray") -> bytes:
    """An array as Python 2 pickled it with protocol 2, bytes being its strings."""
    shape = b"(" + b"".join(b"J" + struct.pack("<i", length) for length in array.shape) + b"t"
    raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return (
        b"c%s\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R" % module.encode()
        + b"(K\x01"
        + shape
        + b"cnumpy\ndtype\nU\x02%sK\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        % array.dtype.str[1:].encode()
        + b"\x89T"
        + struct.pack("<i", len(raw))
        + raw
        + b"tb"
    )


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


def load(tmp_path: Path, source: Sources, value: Any, **options: Any) -> Any:
    (tmp_path / "x.pkl").write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, 2))
    return Pickle(path="x.pkl", **options).load(source)


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


# What is meant to harm.


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_is_imported_and_nothing_is_called(
    tmp_path: Path, source: Sources, protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    calls = [
        Call(os.system, "touch harm"),
        Call(eval, "open('harm', 'w')"),
        Call(exec, "open('harm', 'w')"),
        Call(getattr, os, "system") if protocol > 3 else Call(getattr, "x", "upper"),
        Call(np.load, "x.pkl"),
        Call(np.fromfile, "x.pkl"),
        Call(list, Call(map, Call(eval, "lambda x: open('harm', 'w')"), [1])),
    ]
    for call in calls[:3] + calls[4:]:
        for value in (call, (X, Y, X, call), {"x": [(X, {"y": call})]}):
            with pytest.raises(DataError, match=r"wants to import `.*`; nothing was imported or run"):
                load(tmp_path, source, pickle.dumps(value, protocol))
    assert not (tmp_path / "harm").exists()
    # The attack is a real one: Python's own machine runs it.
    pickle.loads(pickle.dumps(calls[0], protocol))
    assert (tmp_path / "harm").exists()


def test_a_name_that_an_extension_has_cached_is_no_way_in(tmp_path: Path, source: Sources) -> None:
    """Python's own unpickler hands out what the extension registry has seen without asking `find_class`."""
    copyreg.add_extension("posix", "system", 0xF0F0)
    try:
        data = pickle.dumps(Call(os.system, f"touch {tmp_path / 'harm'}"), 2)
        assert pickletools.genops(data)
        assert any(op.name.startswith("EXT") for op, _, _ in pickletools.genops(data))
        pickle.loads(data)
        (tmp_path / "harm").unlink()
        with pytest.raises(DataError, match="its instruction EXT2 is refused, and nothing was run"):
            load(tmp_path, source, data)
        assert not (tmp_path / "harm").exists()
    finally:
        copyreg.remove_extension("posix", "system", 0xF0F0)


ARRAY = python_2_array(X)
HOSTILE = {
    "instance of old": b"(S'touch harm'\nios\nsystem\n.",
    "object": b"(cos\nsystem\nS'touch harm'\no.",
    "new object": b"\x80\x02cbuiltins\nobject\n)\x81.",
    "persistent id": b"Pharm\n.",
    "name by memo": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93\x8c\x01x\x85R.",
    "name with dots": b"\x80\x04\x8c\x05numpy\x8c\x10os.path.os.system\x93.",
    "dtype as a module": b"cnumpy.core.multiarray\nnumpy.os.system\n.",
    "call of text": b"S'x'\n(S'y'\ntR.",
    "call with a list": b"cnumpy\ndtype\n](S'f4'\neR.",
    "call of an array": ARRAY + b")R.",
    "state for a list": b"]}b.",
    "state for a dict": b"}}b.",
    "state for a name": b"cnumpy\nndarray\n}b.",
    "attributes for an array": ARRAY + b"}(S'dtype'\nS'O'\nub.",
    "state twice": ARRAY + ARRAY[ARRAY.index(b"(K\x01") :] + b".",
    "objects as bytes": ARRAY.replace(b"U\x02f4", b"U\x02O8") + b".",
    "objects in a record": ARRAY.replace(b"U\x02f4", b"U\x02V4") + b".",
    "a type of fields": b"cnumpy\ndtype\n(](S'a'\nS'O'\ntatR.",
    "a shape that asks for more": ARRAY.replace(b"J\x0c\0\0\0", b"J\xff\xff\xff\x7f") + b".",
    "a shape below zero": ARRAY.replace(b"J\x0c\0\0\0", b"J\xf4\xff\xff\xff") + b".",
    "a shape of fractions": ARRAY.replace(b"J\x0c\0\0\0", b"F12.0\n") + b".",
    "an endless shape": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\xff\xff\xff\x7ftS'b'\ntR(tb.",
    "bytes that are not there": b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "a bytearray that is not there": b"\x96\xff\xff\xff\xff\x0f\0\0\0.",
    "text that is not there": b"X\xff\xff\xff\xff.",
    "a string of length below zero": b"T\xff\xff\xff\xff.",
    "an endless number": b"\x8b\xff\xff\xff\x7f.",
    "a number of too many digits": b"I" + b"9" * 100_000 + b"\n.",
    "text that is none": b"X\x02\0\0\0\xff\xff.",
    "a memo that is empty": b"h\x05.",
    "an empty stack": b".",
    "too few for a tuple": b"N\x87.",
    "no mark": b"t.",
    "a key that is a list": b"}]Ns.",
    "a key that is a tower of tuples": b"})" + b"\x85" * 200_000 + b"Ns.",
    "a key without a value": b"}(Nu.",
    "append to a tuple": b")Na.",
    "a list within itself": b"]q\x00h\x00a.",
    "no end": b"N",
    "nothing": b"",
    "a text file": b"digits, as everybody knows, are hard to read\n",
    "an archive": b"PK\x03\x04",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_programs_that_are_no_data_end_in_one_message(
    tmp_path: Path, source: Sources, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as caught:
            load(tmp_path, source, data)
        assert tracemalloc.get_traced_memory()[1] < 100_000_000
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(str(tmp_path / "x.pkl"))
    assert not (tmp_path / "harm").exists()


def test_a_memo_of_huge_numbers_takes_no_room() -> None:
    """Python's own unpickler makes room for every number below the one that is used."""
    tracemalloc.start()
    try:
        assert unpickled(b"K\x07r\xff\xff\xff\xff0j\xff\xff\xff\xff.") == 7
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["arrays", "text"])
def test_content_used_over_and_over_is_refused_before_it_fills_the_memory(kind: str) -> None:
    size = 1_000_000
    if kind == "arrays":
        prefix = b"B" + struct.pack("<I", size) + bytes(size) + b"q\x000cnumpy\ndtype\n(S'u1'\nI0\nI1\ntRq\x010"
        piece = (
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I%d\nth\x01I00\nh\x00tb"
            % size
        )
    else:
        prefix = b"X" + struct.pack("<I", size) + b"x" * size + b"q\x000"
        piece = b"c_codecs\nencode\n(h\x00S'latin1'\ntR".replace(b"S'latin1'\n", b"X\x06\0\0\0latin1")
    tracemalloc.start()
    try:
        assert len(unpickled(b"(" + prefix + piece + b"t.")) == 1
        with pytest.raises(DataError, match="unpacks to more data than it brings"):
            unpickled(b"(" + prefix + piece * 10_000 + b"t.")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_program_of_too_many_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnspec.parts.loaders._unpickler.MOST_INSTRUCTIONS", 1000)
    assert unpickled(b"(" + b"]" * 900 + b"t.") == tuple([] for _ in range(900))
    with pytest.raises(DataError, match="takes more than 1000 steps"):
        unpickled(b"(" + b"]" * 2000 + b"t.")


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.usefixtures("source")
def test_a_pickle_with_any_byte_changed_is_data_or_an_error(protocol: int) -> None:
    good = pickle.dumps(((X[:4], Y[:4]), {"a": [1, 2.5, None, "t", 2**70]}), protocol)
    random = np.random.default_rng(protocol)
    errors = 0
    for _ in range(3000):
        data = bytearray(good)
        for place in random.integers(0, len(data), random.integers(1, 4)):
            data[place] = random.integers(0, 256)
        try:
            unpickled(bytes(data))
        except DataError:
            errors += 1
    assert 500 < errors < 3000
