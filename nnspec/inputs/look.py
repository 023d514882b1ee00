"""What the samples look like that a run was trained on, so that others can be made to look alike."""

from dataclasses import dataclass
from math import isqrt

import numpy as np

from nnspec.errors import DataError
from nnspec.files.arrays import Archive
from nnspec.runs.folder import EVIDENCE
from nnspec.runs.opened import OpenedRun
from nnspec.types import Array, Shape, size

SMALLEST_SIDE = 8
"""A row of fewer than 8 x 8 numbers is no picture."""
CHANNELS = (1, 3)


@dataclass(frozen=True)
class Look:
    """How samples that are pictures are made.

    Attributes:
        picture: Channels, height, width.
        low: The number that stands for black.
        high: The number that stands for full brightness.
        dark: Whether the background is dark; None where it is not known, or there is no plain background.
        handwriting: Whether each is the ink alone, fitted into a box and centred by mass, as MNIST has it.
        stretched: Whether pictures were brought to their size without regard to their proportions.
    """

    picture: Shape
    low: float = 0.0
    high: float = 255.0
    dark: bool | None = None
    handwriting: bool = False
    stretched: bool = False


def look_of(run: OpenedRun) -> Look | None:
    """How a run's samples look, judged by those that its folder keeps; None where they are no pictures."""
    data = run.facts["dataset"]
    picture = picture_shape(run.sample_shape, named=bool(data["features"]))
    if picture is None:
        return None
    stretched = data["loader"] == "image_folder"
    kept = _kept_samples(run)
    if kept is None or len(kept) == 0:
        return Look(picture, high=255.0 if data["dtype"] == "uint8" else 1.0, stretched=stretched)
    samples = kept.reshape(len(kept), *picture).astype(np.float64)
    low, high = (0.0, 255.0) if data["dtype"] == "uint8" else (float(samples.min()), float(samples.max()))
    share = (samples - low) / ((high - low) or 1.0)
    dark = _dark(share)
    return Look(picture, low, high, dark, dark is not None and _is_handwriting(share, dark=dark), stretched)


def picture_shape(shape: Shape, *, named: bool = False) -> Shape | None:
    """Channels, height and width of samples of a shape; None where they are no pictures.

    Args:
        shape: Shape of a sample. A long row whose length is a square counts as a square grey picture.
        named: Whether the numbers have names; then a row is a row.
    """
    if len(shape) == 3 and shape[0] in CHANNELS:
        return shape
    if len(shape) == 2 and min(shape) >= SMALLEST_SIDE:
        return (1, *shape)
    side = isqrt(size(shape))
    if len(shape) == 1 and not named and side >= SMALLEST_SIDE and side * side == shape[0]:
        return (1, side, side)
    return None


def border(pictures: Array) -> Array:
    """The outermost pixels of (..., height, width), in one row, (..., pixels)."""
    return np.concatenate(
        [pictures[..., 0, :], pictures[..., -1, :], pictures[..., 1:-1, 0], pictures[..., 1:-1, -1]], axis=-1
    )


def _kept_samples(run: OpenedRun) -> Array | None:
    path = run.folder.path / EVIDENCE
    try:
        samples = Archive(path.read_bytes(), path).array("mistake_inputs")
    except (OSError, DataError):
        # Kept for reports; where it is missing or damaged, prediction goes on with what is customary.
        return None
    numbers = samples.dtype.kind in "biuf" and samples.shape[1:] == run.sample_shape
    return samples if numbers and np.isfinite(samples).all() else None


def _dark(share: Array) -> bool | None:
    """Whether the background of samples, (samples, *picture) from 0 to 1, is dark; None where it is not plain."""
    edges = border(share)
    for dark in (True, False):
        plain = edges < 0.1 if dark else edges > 0.9
        if plain.mean() > 0.75:
            return dark
    return None


def _is_handwriting(share: Array, *, dark: bool) -> bool:
    if share.shape[1] != 1:
        return False
    ink = share[:, 0] if dark else 1 - share[:, 0]
    height, width = ink.shape[1:]
    rows, columns = np.max(ink, axis=2) > 0.02, np.max(ink, axis=1) > 0.02
    longest = np.maximum(_extent(rows) / height, _extent(columns) / width)
    mass = np.maximum(ink.sum(axis=(1, 2)), 1e-9)
    down = ink.sum(axis=2) @ np.arange(height) / mass - height / 2
    across = ink.sum(axis=1) @ np.arange(width) / mass - width / 2
    fitted = np.median(longest) > 0.6 and longest.max() < 0.8
    return bool(fitted and max(np.abs(down).max(), np.abs(across).max()) < 1.5)


def _extent(marked: Array) -> Array:
    """Length from the first to the last mark of each row, (samples, places)."""
    length: Array = marked.shape[1] - np.argmax(marked, axis=1) - np.argmax(marked[:, ::-1], axis=1)
    return np.where(marked.any(axis=1), length, 0)
