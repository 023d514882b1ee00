"""Small pictures as PNG data URIs: samples, weights, tables of counts and regions of answers."""

import base64
import io
from collections.abc import Sequence
from math import isqrt

import numpy as np

from nnspec.types import Array

LARGEST = 64
"""Pictures with longer sides are shrunk: a page of thirty has to stay a page."""
STEPS = 32
"""Shades between nothing and the strongest; a picture of so few compresses well."""
AGAINST, NOTHING, FOR = (33, 102, 172), (247, 247, 247), (178, 24, 43)
"""The diverging colours of weights, apart also for the colour-blind."""

Colour = tuple[int, int, int]


def image_shape(shape: Sequence[int], features: Sequence[str] = ()) -> tuple[int, int, int] | None:
    """Channels, height and width of samples that can be looked at; None for all others.

    Args:
        shape: Of a sample: ``(1, H, W)``, ``(3, H, W)``, ``(H, W)``, or flat and square from 8 x 8 on.
        features: Names of the inputs; what is named is no pixel.
    """
    match tuple(shape):
        case (1 | 3 as channels, height, width) if min(height, width) >= 2:
            return channels, height, width
        case (height, width) if min(height, width) >= 4:
            return 1, height, width
        case (length,) if length >= 64 and isqrt(length) ** 2 == length and not features:
            return 1, isqrt(length), isqrt(length)
    return None


def sample_uris(inputs: Array, shape: tuple[int, int, int]) -> list[str]:
    """Samples (M, ...) as pictures, in grey or in colour, all on one scale."""
    pixels = _shrunk(_brightness(inputs).reshape(len(inputs), *shape))
    return [_uri(_channels_last(picture)) for picture in pixels]


def weight_uris(pictures: Array, limit: float) -> list[str]:
    """Weights (units, C, H, W) as pictures: blue below 0, red above, or in the three colours they weigh.

    Args:
        pictures: The weights.
        limit: Size of a weight that gets the full colour.
    """
    shares = np.clip(_shrunk(np.nan_to_num(pictures)) / limit, -1, 1)
    if pictures.shape[1] == 3:
        return [_uri(_channels_last(_bytes((picture + 1) / 2))) for picture in shares]
    steps = np.rint(shares[:, 0] * STEPS).astype(np.int64) + STEPS
    return [_uri(picture.astype(np.uint8), diverging()) for picture in steps]


def diverging() -> list[Colour]:
    """The colours of weights from strongly against to strongly for, with nothing in the middle."""
    shares = np.linspace(0, 1, STEPS + 1)[:, np.newaxis]
    down = np.array(AGAINST) * (1 - shares) + np.array(NOTHING) * shares
    up = np.array(NOTHING) * (1 - shares) + np.array(FOR) * shares
    return [(int(red), int(green), int(blue)) for red, green, blue in np.rint(np.concatenate([down, up[1:]]))]


def region_uri(region: Array, colours: Sequence[Colour]) -> str:
    """Answered classes (rows from bottom to top) as a picture in the classes' colours, which come round again."""
    return _uri((region[::-1] % len(colours)).astype(np.uint8), colours)


def shares_uri(shares: Array, right: Colour, wrong: Colour) -> str:
    """A square table of shares as a picture: the diagonal in one colour, the rest in another, nothing clear.

    Args:
        shares: (K, K) from 0 to 1.
        right: Colour of the diagonal.
        wrong: Colour of everything else.
    """
    diagonal = np.eye(len(shares), dtype=bool)[..., np.newaxis]
    colours = np.where(diagonal, np.array(right, np.uint8), np.array(wrong, np.uint8))
    cells = np.concatenate([colours, _bytes(shares)[..., np.newaxis]], axis=-1)
    # Two pixels a cell at least, so that single cells can be seen.
    factor = max(1, 480 // len(shares))
    return _uri(cells.repeat(factor, axis=0).repeat(factor, axis=1))


def _brightness(inputs: Array) -> Array:
    """Values as bytes: bytes as they are, shares of 1 as such, anything else from its lowest to its highest."""
    if inputs.dtype == np.uint8:
        return inputs
    values = np.nan_to_num(inputs.astype(np.float64))
    low, high = values.min(initial=0), values.max(initial=0)
    if low >= 0 and high <= 1:
        low, high = 0, 1
    return _bytes((values - low) / (high - low))


def _bytes(shares: Array) -> Array:
    shades: Array = np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)
    return shades


def _channels_last(picture: Array) -> Array:
    """(C, H, W) as Pillow wants it: (H, W) in grey, (H, W, 3) in colour."""
    return picture[0] if len(picture) == 1 else np.moveaxis(picture, 0, -1)


def _shrunk(pictures: Array) -> Array:
    """(M, C, H, W): means over blocks of pixels, where a picture is larger than a page of many allows."""
    *first, height, width = pictures.shape
    factor = -(-max(height, width) // LARGEST)
    rows, columns = height // factor, width // factor
    if factor == 1 or not rows or not columns:
        return pictures
    blocks: Array = pictures[..., : rows * factor, : columns * factor]
    means: Array = blocks.reshape(*first, rows, factor, columns, factor).mean(axis=(-3, -1))
    return means.astype(pictures.dtype)


def _uri(pixels: Array, palette: Sequence[Colour] = ()) -> str:
    """Bytes (H, W), (H, W, 3) or (H, W, 4) as a PNG data URI."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    if palette:
        image.putpalette([part for colour in palette for part in colour])
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
