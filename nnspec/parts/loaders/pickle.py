"""pickle: arrays in a pickle, gzipped or plain, read without running it.

    dataset:
      pickle: mnist.pkl.gz               # three pairs of inputs and labels: train, validation, test
    dataset:
      pickle: {path: fashion.pkl, validation: 0.1}     # (X_train, y_train, X_test, y_test)

inputs (samples, *shape) or columns (features, samples);  labels (samples,), one-hot rows or one-hot columns

What the pickle may hold, X being inputs and y targets:

* `((X, y), (X, y), (X, y))` train, validation and test, or `((X, y), (X, y))` train and test;
* `(X_train, y_train, X_test, y_test)` or `(X_train, X_test, y_train, y_test)`, or `(X, y)`;
* a list of pairs `(x, y)`, an input column and a target column (or a class number) each;
* a dict whose keys are such as the loader `npz` looks for.

Samples lie along the axis that inputs and targets have in common: the first axis of both where that fits
(rows), else the last of both (columns), else the first of one and the last of the other. Bytes stay bytes,
floats are kept as float32. Pickles of Python 2 and 3 and of NumPy 1 and 2 are read, protocols 0 to 5.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Content, DataError, Field, Source, SourceFile, SplitName
from nnspec.parts.loaders._arrays import ArrayLoader, Pair
from nnspec.parts.loaders._naming import PATTERNS, usual_names
from nnspec.parts.loaders._targets import Stored, is_one_hot
from nnspec.parts.loaders._unpickler import Unpickler

ROOM, TIMES = 2**26, 64
"""Bytes that may be made of any pickle, and how many times its own size."""


class Pickle(ArrayLoader):
    """Admits NumPy arrays, tuples, lists, dicts, numbers and strings: nothing is imported, nothing is called."""

    primary: ClassVar[str | None] = "path"

    path: Annotated[str, Field(description="the file, gzipped or plain")]

    def pairs(self, source: Source) -> tuple[dict[SplitName, Pair], tuple[SourceFile, ...]]:
        with Content(source.path(self.path)) as content:
            data = content.rest()
        held = _Held(Unpickler(data, content.path).load(), content)
        return {name: held.oriented(*pair) for name, pair in held.splits().items()}, (content.file,)


class _Held:
    """What a pickle holds, sorted into splits."""

    def __init__(self, value: object, content: Content) -> None:
        self.value = value
        self.path = content.path
        # One array or text may be mentioned over and over.
        self._room = self._left = max(ROOM, TIMES * content.length)
        self._made: dict[int, Array | None] = {}

    def splits(self) -> dict[SplitName, tuple[Array, Array]]:
        """Inputs and targets of each split, as stored."""
        value = self.value
        if isinstance(value, dict):
            return self._of_dict(value)
        if not isinstance(value, (tuple, list)):
            raise self._unknown()
        arrays = [array for item in value[:4] if (array := self._array(item)) is not None and array.ndim]
        if len(value) == len(arrays) == 2:
            return {"train": (arrays[0], arrays[1])}
        if len(value) == len(arrays) == 4:
            return _of_four(*arrays)
        return self._of_pairs(value)

    def oriented(self, inputs: Array, targets: Array) -> Pair:
        """The two with samples along their first axes."""
        x, y = inputs, targets
        if y.ndim == 2 and 1 in y.shape and y.size in (len(x), x.shape[-1]):
            y = y.reshape(-1)
        if len(x) != len(y):
            if x.shape[-1] == y.shape[-1]:
                x, y = np.moveaxis(x, -1, 0), np.moveaxis(y, -1, 0)
            elif x.shape[-1] == len(y):
                x = np.moveaxis(x, -1, 0)
            elif len(x) == y.shape[-1]:
                y = np.moveaxis(y, -1, 0)
            else:
                raise DataError(
                    f"holds inputs of shape {inputs.shape} and targets of shape {targets.shape}: which axis "
                    "counts the samples?",
                    self.path,
                )
        return Pair(Stored(x, self.path), Stored(y, self.path))

    def _of_dict(self, value: dict[object, object]) -> dict[SplitName, tuple[Array, Array]]:
        named = {key: self._array(item) for key, item in value.items() if isinstance(key, str)}
        arrays = {key: array for key, array in named.items() if array is not None}
        found: dict[SplitName, tuple[Array, Array]] = {}
        for split in PATTERNS:
            names = usual_names(split, arrays)
            if names is not None:
                found[split] = arrays[names[0]], arrays[names[1]]
        if "train" not in found:
            raise self._unknown()
        return found

    def _of_pairs(self, value: Sequence[object]) -> dict[SplitName, tuple[Array, Array]]:
        pairs = []
        for item in value:
            if not isinstance(item, (tuple, list)) or len(item) != 2:
                raise self._unknown()
            x, y = self._array(item[0]), self._array(item[1])
            if x is None or y is None:
                raise self._unknown()
            pairs.append((x, y))
        if len(pairs) in (2, 3) and all(_is_split(*pair) for pair in pairs):
            names: tuple[SplitName, ...] = (
                ("train", "test") if len(pairs) == 2 else ("train", "validation", "test")
            )
            return dict(zip(names, pairs, strict=True))
        return {"train": self._stacked(pairs)}

    def _stacked(self, pairs: list[tuple[Array, Array]]) -> tuple[Array, Array]:
        if not pairs or sum(x.nbytes + y.nbytes for x, y in pairs) > self._room:
            raise self._unknown()
        if len({(x.size, y.size) for x, y in pairs}) > 1:
            raise DataError("holds pairs of inputs and targets that differ in length", self.path)
        x, y = (np.stack([pair[side].reshape(-1) for pair in pairs]) for side in (0, 1))
        return x, y[:, 0] if y.shape[1] == 1 else y

    def _array(self, item: object) -> Array | None:
        """An array of numbers or text, from an array or a list; None for anything else."""
        if isinstance(item, np.ndarray):
            return item
        # A list that is mentioned over and over is made an array once.
        if id(item) not in self._made:
            self._made[id(item)] = self._new_array(item)
        return self._made[id(item)]

    def _new_array(self, item: object) -> Array | None:
        if isinstance(item, (int, float, str)):
            return np.array(item)
        if not isinstance(item, list) or not item:
            return None
        if all(type(entry) in (int, float) for entry in item):
            return np.array(item)
        if not all(type(entry) is str for entry in item):
            return None
        # An array has room for the longest text everywhere.
        self._left -= 4 * len(item) * max(map(len, item))
        if self._left < 0:
            raise DataError("unpacks to more text than it brings, which is refused", self.path)
        return np.array(item)

    def _unknown(self) -> DataError:
        return DataError(
            "holds data in an order that is not known: expected (X_train, y_train, X_test, y_test), pairs of "
            "inputs and targets, one a split or one a sample, or a dict with `x_train` and `y_train`",
            self.path,
        )


def _of_four(a: Array, b: Array, c: Array, d: Array) -> dict[SplitName, tuple[Array, Array]]:
    """Inputs and targets in turn; or all inputs first, where the third array looks like targets."""
    targets = a.ndim > 1 and (c.ndim == 1 or is_one_hot(c))
    if targets and a.shape[1:] == b.shape[1:] and len(a) == len(c) and len(b) == len(d):
        b, c = c, b
    return {"train": (a, b), "test": (c, d)}


def _is_split(x: Array, y: Array) -> bool:
    """Whether these are the inputs and targets of many samples rather than the two columns of a single one."""
    columns = x.ndim == y.ndim == 2 and x.shape[-1] == y.shape[-1] == 1
    return x.ndim > 1 and y.ndim > 0 and not columns
