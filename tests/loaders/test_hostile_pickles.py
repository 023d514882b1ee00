"""pickle: nothing in a pickle is ever run, and what is meant to harm ends in one message."""

import copyreg
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

from .pickles import X, Y, load, python_2_array, unpickled


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
