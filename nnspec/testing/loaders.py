"""check_loader: what a loader yields is what the rest of a run takes for granted."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nnspec.contracts.loader import Dataset, Loader, RemoteFile, Split
from nnspec.errors import DataError
from nnspec.testing.contract import ContractError, require
from nnspec.testing.material import generator
from nnspec.testing.parts import check_part, rebuilt
from nnspec.types import Array, Random

SHA256 = re.compile(r"[0-9a-f]{64}")


def check_loader(loader: Loader, folder: Path | None = None) -> Dataset:
    """Checks a loader on data that is there.

    Samples lie along the first axis, as finite numbers, with as many targets; all splits have samples of one
    shape; classes are whole numbers from 0 and have names; what the outline promised is so; what was read is
    listed by name and hash, and without the machine's folders; the same generator gives the same data again, and
    NumPy's global one is left alone; a file that is not there is a `DataError`. See also `check_part`.

    Args:
        loader: The loader.
        folder: Where the files are that its options name.

    Returns:
        The data, for tests of what is in it.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(loader)
    source = _Source(folder)
    before = str(np.random.get_state())  # noqa: NPY002 -- the generator that must not be used
    data = loader.load(source)
    after = str(np.random.get_state())  # noqa: NPY002 -- likewise
    rule = "chance comes from the source's generator"
    require(before == after, loader, rule, "NumPy's global generator has moved.")
    for name, split in data.splits.items():
        _check_split(loader, name, split, data)
    _check_outline(loader, data)
    _check_files(loader, data, source)
    _check_again(loader, data, folder)
    if source.asked:
        _check_missing(loader)
    return data


class _Source:
    """Finds files in one folder, and notes what was asked for."""

    def __init__(self, folder: Path | None) -> None:
        self.random: Random = generator()
        self.asked: list[str] = []
        self._folder = folder

    def path(self, path: str) -> Path:
        self.asked.append(path)
        found = Path(path) if self._folder is None else self._folder / path
        if not found.exists():
            raise DataError(f"`{path}`: no such file: {found}")
        return found

    def files(self, folder: str, remote: Sequence[RemoteFile], root: str | None) -> list[Path]:
        self.asked.append(folder)
        found = [Path(self._folder or "", root or "", file.name) for file in remote]
        for path in found:
            if not path.exists():
                raise DataError(f"no such file: {path}")
        return found


def _check_split(loader: Loader, name: str, split: Split, data: Dataset) -> None:
    inputs, targets = split.inputs, split.targets
    for what, array in (("inputs", inputs), ("targets", targets)):
        numeric = isinstance(array, np.ndarray) and array.dtype.kind in "fiub"
        found = getattr(array, "dtype", type(array).__name__)
        require(numeric, loader, "data is arrays of numbers", f"{name}: {what} are {found}.")
        finite = bool(np.isfinite(array).all())
        advice = "Refuse such data with a `DataError` that says where it is."
        require(finite, loader, "data is finite", f"{name}: {what} hold NaN or infinity. {advice}")
    rule = "samples lie along the first axis, with as many targets"
    detail = f"{name}: inputs {inputs.shape}, targets {targets.shape}."
    require(len(inputs) == len(targets) > 0 and inputs.ndim > 1, loader, rule, detail)
    expected, found = data.train.inputs.shape[1:], inputs.shape[1:]
    require(found == expected, loader, "all splits have samples of one shape", f"{name}: {found}, {expected}.")
    named = len(data.features)
    detail = f"{named} names for samples of shape {found}."
    require(not named or found == (named,), loader, "every input has a name, or none has", detail)
    if data.classes is None:
        rule = "targets that are no classes are rows of floats"
        detail = f"{name}: {targets.dtype} {targets.shape}."
        require(targets.dtype.kind == "f" and targets.ndim > 1, loader, rule, detail)
    else:
        _check_classes(loader, name, targets, data.classes)


def _check_classes(loader: Loader, name: str, targets: Array, classes: tuple[str, ...]) -> None:
    rule = "classes are whole numbers from 0, each with a name"
    found = f"{name}: {targets.dtype} {targets.shape}"
    require(targets.dtype.kind in "iu" and targets.ndim == 1, loader, rule, f"{found}.")
    inside = bool(targets.min() >= 0 and targets.max() < len(classes))
    detail = f"{found} from {targets.min()} to {targets.max()}, names: {len(classes)}. Likely mistake: from 1."
    require(inside, loader, rule, detail)
    require(len(set(classes)) == len(classes), loader, "names of classes differ", ", ".join(classes))


def _check_outline(loader: Loader, data: Dataset) -> None:
    promised = loader.outline()
    facts = {
        "shape": (promised.shape, data.train.inputs.shape[1:]),
        "classes": (promised.classes, None if data.classes is None else len(data.classes)),
    }
    for what, (said, found) in facts.items():
        detail = f"{what}: {said}, the data has {found}. Say None for what only the data can tell."
        require(said is None or said == found, loader, "the outline is what the data turns out to be", detail)


def _check_files(loader: Loader, data: Dataset, source: _Source) -> None:
    for file in data.files:
        good = SHA256.fullmatch(file.sha256) and "/" not in file.name and "\\" not in file.name
        rule = "what was read is listed by its name and the SHA-256 of its content"
        require(good, loader, rule, f"{file.name!r}, {file.sha256!r}. `Content(path).file` has both.")
    rule = "what was read is listed in `files`"
    require(data.files or not source.asked, loader, rule, f"asked for {', '.join(source.asked)}, lists nothing.")


def _check_again(loader: Loader, data: Dataset, folder: Path | None) -> None:
    again = rebuilt(loader).load(_Source(folder))
    rule = "the same options, files and generator give the same data"
    hint = "Likely mistake: a generator of its own, or an order of files or of sets that differs."
    require(again.splits.keys() == data.splits.keys(), loader, rule, f"splits differ. {hint}")
    for name, split in data.splits.items():
        other = again.splits[name]
        same = np.array_equal(split.inputs, other.inputs) and np.array_equal(split.targets, other.targets)
        require(same, loader, rule, f"{name} differs. {hint}")
    same = (again.classes, again.files, again.features) == (data.classes, data.files, data.features)
    require(same, loader, rule, f"classes, files or features differ. {hint}")


def _check_missing(loader: Loader) -> None:
    rule = "a file that is not there is a DataError"
    nowhere = Path("there is no such folder")
    try:
        loader.load(_Source(nowhere))
    except DataError:
        return
    except Exception as error:
        raise ContractError(loader, rule, f"{type(error).__name__}: {error}") from error
    raise ContractError(loader, rule, "It loaded all the same. Ask `source.path` for every file.")
