"""Pickles to read, and both ways of reading them."""

import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.data import Sources
from nnspec.parts.loaders._unpickler import Unpickler
from nnspec.parts.loaders.pickle import Pickle

X = np.random.default_rng(0).random((12, 5)).astype(np.float32)
Y = np.arange(12) % 3


def unpickled(data: bytes) -> Any:
    return Unpickler(data, Path("x.pkl")).load()


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


def load(tmp_path: Path, source: Sources, value: Any, **options: Any) -> Any:
    (tmp_path / "x.pkl").write_bytes(value if isinstance(value, bytes) else pickle.dumps(value, 2))
    return Pickle(path="x.pkl", **options).load(source)
