"""Reading pickles as data: NumPy arrays, tuples, lists, dicts, numbers, strings, and nothing else.

A pickle is a program for a small stack machine, and Python's own machine runs whatever the program asks for.
This one has no instruction that imports or calls: the few names that pickled arrays mention stand for functions
below, which check their arguments. Every length is held against the content before anything is allocated.

Source of the instructions: the standard library's `pickletools`, protocols 0 to 5.
"""

import codecs
import pickletools
import re
import struct
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.extend import (
    Array,
    DataError,
    DType,
    is_text,
)

ADMITTED = "Only NumPy arrays, tuples, lists, dicts, numbers and strings are read from a pickle"
DTYPE_CODE = re.compile(r"[biuf][1248]|[SU][1-9]\d{0,3}")
MOST_INSTRUCTIONS = 20_000_000
"""Each can make an empty list from one byte of content, so their number bounds the memory."""
DAMAGE = (IndexError, KeyError, TypeError, ValueError, OverflowError, AttributeError, struct.error)
"""What a program that makes no sense leads to; never a bug of the reader's own, since it only moves data."""


class Unpickler:
    """The machine: content, position, a stack with marks, and a memo."""

    def __init__(self, data: bytes | bytearray, path: Path) -> None:
        self.path = path
        self.content = data
        self.data = memoryview(data).toreadonly()
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        # An array's bytes lie in the content, as such or as text that is encoded first. Only a program that uses
        # them over and over can ask for more than these two copies.
        self.allowance = 2 * len(data)

    def load(self) -> object:
        """The value that the pickle holds.

        Raises:
            DataError: It is no pickle, is damaged, or holds anything but data.
        """
        try:
            for _ in range(MOST_INSTRUCTIONS):
                code = bytes(self.take(1))
                if code == b".":
                    return self.stack.pop()
                instruction = INSTRUCTIONS.get(code)
                if instruction is None:
                    raise self._refused(code)
                instruction(self)
        except DAMAGE as error:
            raise self.error(f"is no pickle, or a damaged one, at byte {self.position}") from error
        raise self.error(f"takes more than {MOST_INSTRUCTIONS} steps to read; save its numbers as NumPy arrays")

    def error(self, message: str) -> DataError:
        """A `DataError` about this file."""
        return DataError(message, self.path)

    def take(self, count: int) -> memoryview:
        """The next bytes of the content."""
        end = self.position + count
        if count < 0 or end > len(self.data):
            raise self.error(f"is no pickle, or is cut short: {count} bytes were to follow byte {self.position}")
        self.position, start = end, self.position
        return self.data[start:end]

    def line(self) -> bytes:
        """The content up to the end of the line."""
        end = self.content.find(b"\n", self.position)
        if end < 0:
            raise self.error(f"is no pickle, or is cut short: the line at byte {self.position} never ends")
        line = bytes(self.data[self.position : end])
        self.position = end + 1
        return line

    def number(self, size: int, *, signed: bool = False) -> int:
        """The next whole number, of so many bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def push(self, value: object) -> None:
        """Lays a value on the stack."""
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        """Takes everything above the last mark off the stack."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def above(self, count: int) -> tuple[Any, ...]:
        """Takes ``count`` values off the stack."""
        start = len(self.stack) - count
        values = tuple(self.stack[start:])
        del self.stack[start:]
        if start < 0:
            raise IndexError
        return values

    def extend(self, values: list[Any]) -> None:
        """Appends to the list on top of the stack."""
        target = self.stack[-1]
        if type(target) is not list:
            raise TypeError
        target.extend(values)

    def update(self, items: list[Any]) -> None:
        """Adds keys and values, in turn, to the dict on top of the stack."""
        target = self.stack[-1]
        keys = [_text(key) if type(key) is bytes else key for key in items[::2]]
        if type(target) is not dict or any(type(key) not in (str, int) for key in keys):
            raise TypeError
        target.update(zip(keys, items[1::2], strict=True))

    def name(self, module: str, name: str) -> None:
        """Lays a name on the stack, if it is one of those that stand for data."""
        known = NAMES.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            raise self.error(
                f"wants to import `{module}.{name}`; nothing was imported or run. {ADMITTED}; if you trust the "
                "file, save its arrays as .npz"
            )
        self.push(known)

    def reduce(self) -> None:
        """What calls a function in Python's machine: here one of the functions in `NAMES`."""
        function, arguments = self.above(2)
        if type(function) is not _Name or type(arguments) is not tuple:
            raise TypeError
        self.push(function.make(self, *arguments))

    def build(self) -> None:
        """Completes the array or type on top of the stack."""
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is np.ndarray and target.size == 0 and type(state) is tuple:
            _complete_array(self, target, *state[-4:])
        elif type(target) is _Type and type(state) is tuple:
            target.order = _text(state[1])
        else:
            raise TypeError

    def admit(self, size: int) -> None:
        """Takes so many bytes off the allowance for arrays."""
        self.allowance -= size
        if self.allowance < 0:
            raise self.error("unpacks to more data than it brings, which is refused")

    def _refused(self, code: bytes) -> DataError:
        known = next((op.name for op in pickletools.opcodes if op.code == code.decode("latin-1")), None)
        if known is None:
            return self.error(f"is no pickle, or a damaged one: {code!r} at byte {self.position - 1}")
        return self.error(
            f"holds more than data: its instruction {known} is refused, and nothing was run. {ADMITTED}"
        )


class _Name:
    """A name that pickled arrays mention, and what it makes of its arguments."""

    def __init__(self, make: Callable[..., object]) -> None:
        self.make = make


class _Type:
    """A NumPy type on its way: a code such as ``f4``, then its byte order."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "="

    def dtype(self) -> DType:
        """The finished type."""
        if self.order not in ("<", ">", "=", "|"):
            raise ValueError(self.order)
        return np.dtype(self.order + self.code)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError
    return value


def _make_type(machine: Unpickler, code: str | bytes, *_flags: object) -> _Type:
    name = _text(code)
    if not DTYPE_CODE.fullmatch(name):
        what = "Python objects" if name.startswith("O") else f"NumPy type `{name[:20]}`"
        raise machine.error(f"holds an array of {what}; save it as an array of numbers or text")
    return _Type(name)


def _start_array(_machine: Unpickler, *_arguments: object) -> Array:
    # The shape given here is a placeholder; the real one comes with the array's state.
    return np.empty(0, np.uint8)


def _complete_array(
    machine: Unpickler, target: Array, shape: object, kind: object, fortran: object, data: object
) -> None:
    dtype, lengths, raw = _checked(machine, shape, kind, data)
    # The arguments are what `_checked` left of them: a plain type, and exactly as many bytes as it needs.
    state: Any = (1, lengths, dtype, bool(fortran), raw)
    target.__setstate__(state)


def _array_of_buffer(machine: Unpickler, data: object, kind: object, shape: object, order: object) -> Array:
    dtype, lengths, raw = _checked(machine, shape, kind, data)
    return np.frombuffer(raw, dtype).reshape(lengths, order="F" if order == "F" else "C")


def _number(machine: Unpickler, kind: object, data: object) -> object:
    dtype, _, raw = _checked(machine, (), kind, data)
    return np.frombuffer(raw, dtype)[0].item()


def _checked(
    machine: Unpickler, shape: object, kind: object, data: object
) -> tuple[DType, tuple[int, ...], bytes]:
    if type(kind) is not _Type or type(shape) is not tuple or any(type(n) is not int or n < 0 for n in shape):
        raise TypeError
    dtype = kind.dtype()
    if type(data) is not bytes or len(data) != prod(shape) * dtype.itemsize:
        raise machine.error(f"holds an array of shape {shape} and type {dtype} with bytes that do not fit it")
    if not is_text(np.frombuffer(data, dtype)):
        raise machine.error("holds text of characters that there are not: it is damaged")
    machine.admit(len(data))
    return dtype, shape, data


def _encode(machine: Unpickler, text: object, encoding: object) -> bytes:
    # How Python 3 writes bytes in the protocols of Python 2.
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise TypeError
    machine.admit(len(text))
    return text.encode("latin-1")


NAMES = {
    ("numpy", "ndarray"): _Name(_start_array),
    ("numpy", "dtype"): _Name(_make_type),
    ("numpy.core.multiarray", "_reconstruct"): _Name(_start_array),
    ("numpy.core.multiarray", "scalar"): _Name(_number),
    ("numpy.core.numeric", "_frombuffer"): _Name(_array_of_buffer),
    ("_codecs", "encode"): _Name(_encode),
    ("__builtin__", "bytes"): _Name(lambda _machine: b""),
}


def _whole(line: bytes) -> object:
    return {b"00": False, b"01": True}.get(line, int(line.removesuffix(b"L")))


def _quoted(line: bytes) -> bytes:
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise ValueError(line)
    return codecs.escape_decode(line[1:-1])[0]


def _escaped(line: bytes) -> str:
    text = line.decode("raw-unicode-escape")
    # Halves of characters can be escaped, and are refused like anything that is no text.
    text.encode()
    return text


def _utf8(data: memoryview) -> str:
    return str(data, "utf-8")


def _pairs_dict(m: Unpickler) -> None:
    items = m.since_mark()
    m.push({})
    m.update(items)


def _global_by_stack(m: Unpickler) -> None:
    module, name = m.above(2)
    m.name(_text(module), _text(name))


INSTRUCTIONS: dict[bytes, Callable[[Unpickler], object]] = {
    # Frame of the program
    b"\x80": lambda m: m.take(1),
    b"\x95": lambda m: m.take(8),
    b"(": lambda m: m.marks.append(len(m.stack)),
    b"0": lambda m: m.stack.pop(),
    b"1": lambda m: m.since_mark(),
    b"2": lambda m: m.push(m.stack[-1]),
    # Numbers and None
    b"N": lambda m: m.push(None),
    b"\x88": lambda m: m.push(True),  # noqa: FBT003  the value itself
    b"\x89": lambda m: m.push(False),  # noqa: FBT003  likewise
    b"I": lambda m: m.push(_whole(m.line())),
    b"L": lambda m: m.push(_whole(m.line())),
    b"J": lambda m: m.push(m.number(4, signed=True)),
    b"K": lambda m: m.push(m.number(1)),
    b"M": lambda m: m.push(m.number(2)),
    b"\x8a": lambda m: m.push(m.number(m.number(1), signed=True)),
    b"\x8b": lambda m: m.push(m.number(m.number(4), signed=True)),
    b"F": lambda m: m.push(float(m.line())),
    b"G": lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    # Bytes, among them the strings of Python 2
    b"S": lambda m: m.push(_quoted(m.line())),
    b"T": lambda m: m.push(bytes(m.take(m.number(4, signed=True)))),
    b"U": lambda m: m.push(bytes(m.take(m.number(1)))),
    b"B": lambda m: m.push(bytes(m.take(m.number(4)))),
    b"C": lambda m: m.push(bytes(m.take(m.number(1)))),
    b"\x8e": lambda m: m.push(bytes(m.take(m.number(8)))),
    b"\x96": lambda m: m.push(bytes(m.take(m.number(8)))),
    # Text
    b"V": lambda m: m.push(_escaped(m.line())),
    b"X": lambda m: m.push(_utf8(m.take(m.number(4)))),
    b"\x8c": lambda m: m.push(_utf8(m.take(m.number(1)))),
    b"\x8d": lambda m: m.push(_utf8(m.take(m.number(8)))),
    # Tuples, lists, dicts
    b")": lambda m: m.push(()),
    b"t": lambda m: m.push(tuple(m.since_mark())),
    b"\x85": lambda m: m.push(m.above(1)),
    b"\x86": lambda m: m.push(m.above(2)),
    b"\x87": lambda m: m.push(m.above(3)),
    b"]": lambda m: m.push([]),
    b"l": lambda m: m.push(m.since_mark()),
    b"a": lambda m: m.extend(list(m.above(1))),
    b"e": lambda m: m.extend(m.since_mark()),
    b"}": lambda m: m.push({}),
    b"d": _pairs_dict,
    b"s": lambda m: m.update(list(m.above(2))),
    b"u": lambda m: m.update(m.since_mark()),
    # Memo
    b"p": lambda m: m.memo.__setitem__(int(m.line()), m.stack[-1]),
    b"q": lambda m: m.memo.__setitem__(m.number(1), m.stack[-1]),
    b"r": lambda m: m.memo.__setitem__(m.number(4), m.stack[-1]),
    b"\x94": lambda m: m.memo.__setitem__(len(m.memo), m.stack[-1]),
    b"g": lambda m: m.push(m.memo[int(m.line())]),
    b"h": lambda m: m.push(m.memo[m.number(1)]),
    b"j": lambda m: m.push(m.memo[m.number(4)]),
    # Names and arrays
    b"c": lambda m: m.name(_text(m.line()), _text(m.line())),
    b"\x93": _global_by_stack,
    b"R": lambda m: m.reduce(),
    b"b": lambda m: m.build(),
}
