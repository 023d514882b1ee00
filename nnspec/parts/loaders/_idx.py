"""Reading IDX files: a magic number, the lengths of the axes, then the elements, big-endian.

magic = 0 0 type axes, one byte each; 2051 = 0 0 8 3 marks images of bytes, 2049 = 0 0 8 1 labels.
Source: Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, "File formats".
"""

from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np

from nnspec.extend import (
    LIMIT,
    Array,
    Content,
    DataError,
    DType,
    SourceFile,
    Stretch,
    shape_text,
)
from nnspec.parts.loaders._mapped import check_length

Fits = Callable[[int, str], bool]
"""Whether an array of so many axes and of a type of this kind is what is wanted."""
TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
IMAGES, LABELS = 2051, 2049
MOST_AXES = 64


def read_images(path: Path, sha256: str | None = None) -> tuple[Array, SourceFile]:
    """Samples from an IDX file of two axes or more; images get their channel: (samples, 1, height, width).

    Args:
        path: The file, gzipped or plain.
        sha256: What the content's hash must be, where that is known.

    Raises:
        DataError: The file is no such file, or damaged.
    """
    samples, file = _read(path, sha256, f"images (magic {IMAGES})", lambda axes, _: axes > 1)
    if samples.ndim == 3:
        samples = samples[:, np.newaxis]
    if samples.dtype.kind == "f":
        # Signalling NaN count as invalid; neither they nor what lies beyond float32 gets past the next line.
        with np.errstate(over="ignore", invalid="ignore"):
            samples = samples.astype(np.float32)
        if not np.isfinite(samples).all():
            raise DataError("holds NaN, infinite values, or values beyond float32", path)
    return samples, file


def images_stretch(path: Path) -> Stretch:
    """Where the samples of an IDX file lie, for them to stay there; images with their channel.

    Raises:
        DataError: It is no such file, is compressed, or is cut short.
    """
    with Content(path) as content:
        if content.compressed:
            raise DataError(
                "is compressed, so that its inputs cannot stay there: decompress it, or say `in_memory: true`",
                path,
            )
        dtype, shape = _header(content, f"images (magic {IMAGES})", lambda axes, _: axes > 1)
        sample = (1, *shape[1:]) if len(shape) == 3 else shape[1:]
        stretch = Stretch(path, content.length, shape[0], sample, dtype)
    check_length(stretch)
    return stretch


def read_labels(
    path: Path, samples: int, classes: int | None, sha256: str | None = None
) -> tuple[Array, SourceFile]:
    """Whole numbers from an IDX file of one axis.

    Args:
        path: The file, gzipped or plain.
        samples: How many there must be.
        classes: How many classes there are, where that is known.
        sha256: What the content's hash must be, where that is known.

    Raises:
        DataError: The file is no such file, or damaged, or its labels do not fit.
    """
    labels, file = _read(path, sha256, f"labels (magic {LABELS})", lambda axes, kind: axes == 1 and kind != "f")
    if len(labels) != samples:
        raise DataError(
            f"holds {len(labels)} labels for {samples} images: these files do not belong together", path
        )
    labels = labels.astype(np.int64)
    wrong = (labels < 0) | (labels >= classes if classes else False)
    if wrong.any():
        place = int(np.argmax(wrong))
        bounds = f"0 to {classes - 1}" if classes else "0 upwards"
        raise DataError(f"label {labels[place]} of sample {place} is out of range: expected {bounds}", path)
    return labels, file


def _read(path: Path, sha256: str | None, expected: str, fits: Fits) -> tuple[Array, SourceFile]:
    with Content(path) as content:
        dtype, shape = _header(content, expected, fits)
        size = prod(shape) * dtype.itemsize
        declared = f"declares {shape_text(shape)} elements, {size} bytes"
        if content.compressed and size > LIMIT:
            raise DataError(f"{declared}: more than is unpacked from a compressed file", path)
        data = content.read(size)
        if len(data) < size:
            raise DataError(f"is cut short: {declared}, but only {len(data)} follow", path)
        if content.read(1):
            raise DataError(f"{declared}, but more than these follow: it is damaged", path)
        if sha256 is not None:
            content.check(sha256)
        array = np.frombuffer(data, dtype).reshape(shape)
        return array.astype(dtype.newbyteorder("="), copy=False), content.file


def _header(content: Content, expected: str, fits: Fits) -> tuple[DType, tuple[int, ...]]:
    start = content.read(4)
    if len(start) < 4:
        raise DataError(f"holds {len(start)} bytes and is no IDX file; expected {expected}", content.path)
    magic = int.from_bytes(start, "big")
    kind, axes = start[2], start[3]
    if magic >= 2**16 or kind not in TYPES or axes == 0:
        raise DataError(
            f"is no IDX file: it starts with the bytes {start.hex(' ')}; expected {expected}", content.path
        )
    dtype = np.dtype(TYPES[kind])
    if not fits(axes, dtype.kind):
        names = {IMAGES: "images", LABELS: "labels"}
        what = names.get(magic, f"an array of {axes} axes of {dtype.name}")
        raise DataError(
            f"holds {what} (magic {magic}) where {expected} were expected: are two files mixed up?", content.path
        )
    lengths = content.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError("is cut short: it ends within its header", content.path)
    shape = tuple(int.from_bytes(lengths[at : at + 4], "big") for at in range(0, 4 * axes, 4))
    if axes > MOST_AXES:
        raise DataError(f"has {axes} axes; NumPy knows {MOST_AXES} at most", content.path)
    if 0 in shape:
        raise DataError(f"is empty: it declares {shape_text(shape)} elements", content.path)
    return dtype, shape
