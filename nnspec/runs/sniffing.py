"""What a data set looks like to somebody who is about to write a first spec for it."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.contracts.loader import Loader
from nnspec.data.sources import Sources
from nnspec.errors import UsageError
from nnspec.registry import default_resolver
from nnspec.registry.suggestions import closest
from nnspec.spec.starters import Data
from nnspec.spec.yaml_core import dump_flow
from nnspec.types import size

TEST_SHARE = 0.2
"""What is set aside to judge by where the data does not say itself."""

BY_SUFFIX = {".csv": "csv", ".npz": "npz", ".pkl": "pickle", ".pickle": "pickle"}


def look_at(
    where: str, spec_folder: Path, label: str | None = None, target: str | None = None, *, offline: bool = False
) -> Data:
    """Loads data as a first spec would and tells what a template must know.

    Args:
        where: A file, a folder of pictures, or the name of a loader.
        spec_folder: Where the spec will stand; the path in it starts from there.
        label: The column of classes, for a table.
        target: The column of numbers to predict, for a table.
        offline: Never download.

    Raises:
        UsageError: Nothing here knows how to read it.
        DataError: It cannot be read.
    """
    name, options = _entry(where, spec_folder, label, target)
    entry: Any = {name: options} if options else name
    loader = default_resolver().part(Loader, entry, {})
    dataset = loader.load(Sources(spec_folder, np.random.default_rng(0), offline=offline))
    train = dataset.train
    return Data(
        dataset=dump_flow(entry),
        shape=tuple(train.inputs.shape[1:]),
        classes=len(dataset.classes) if dataset.classes is not None else None,
        samples=len(train),
        targets=size(train.targets.shape[1:]),
        floats=train.inputs.dtype != np.uint8,
        origin=where,
    )


def _entry(where: str, spec_folder: Path, label: str | None, target: str | None) -> tuple[str, dict[str, Any]]:
    path = Path(where)
    if not path.exists():
        names = [entry.name for entry in default_resolver().catalogue.entries("loaders")]
        if where in names:
            return where, {}
        # A file beside it is likelier to be meant than a loader.
        files = [str(file) for file in path.parent.iterdir()] if path.parent.is_dir() else []
        near = closest(where, files) or closest(where, names)
        raise UsageError(
            f"{where}: there is no such file or folder, nor a loader of that name"
            + (f"; did you mean `{near}`?" if near else "")
        )
    # As a spec in that folder would write it.
    written = Path(os.path.relpath(path.resolve(), spec_folder.resolve())).as_posix()
    options: dict[str, Any] = {"path": written, "test": TEST_SHARE}
    if path.is_dir():
        return "image_folder", options
    suffix = next((suffix for suffix in reversed(path.suffixes) if suffix in BY_SUFFIX), None)
    if suffix is None:
        known = "tables (.csv), arrays (.npz), pickles (.pkl) and folders of pictures"
        raise UsageError(f"{where}: only {known} are known here; `nnspec parts loaders` lists all loaders")
    if suffix == ".csv":
        options |= {"label": label} if label else {}
        options |= {"target": target} if target else {}
    return BY_SUFFIX[suffix], options
