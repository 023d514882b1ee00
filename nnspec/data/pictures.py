"""Images of a data set as PNG files, in folders that the loader `image_folder` reads back."""

import sys
from collections.abc import Iterable
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from nnspec.contracts.loader import Dataset, SplitName
from nnspec.errors import DataError, UsageError


def write_pictures(dataset: Dataset, splits: Iterable[SplitName], limit: int | None, folder: Path) -> int:
    """Writes ``folder/<split>/<class>/<number in the split>.png`` and shows a bar on a terminal.

    Args:
        dataset: A data set of images of bytes, grey or of three channels, with classes.
        splits: Which of its splits.
        limit: How many images of each split, at most; None for all.
        folder: Where to; it must not exist, or be empty.

    Returns:
        The number of files written.

    Raises:
        DataError: The data set holds no images.
        UsageError: The folder has something in it, or cannot be written.
    """
    shape = dataset.train.inputs.shape[1:]
    if dataset.classes is None or dataset.train.inputs.dtype != "u1" or len(shape) != 3 or shape[0] not in (1, 3):
        raise DataError("this data set holds no images, so there is nothing to write out")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder: name another one")
    names = [name.replace("/", "-") for name in dataset.classes]
    written = 0
    try:
        for split_name in splits:
            split = dataset.splits[split_name]
            for name in names:
                (folder / split_name / name).mkdir(parents=True, exist_ok=True)
            count = len(split) if limit is None else min(limit, len(split))
            for row in tqdm(range(count), desc=split_name, leave=False, disable=not sys.stderr.isatty()):
                pixels = split.inputs[row]
                image = Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
                image.save(folder / split_name / names[split.targets[row]] / f"{row:05}.png")
            written += count
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror or error}") from error
    return written
