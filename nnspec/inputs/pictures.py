"""Picture files as brightness, on white where they are transparent."""

from math import isqrt
from pathlib import Path

import numpy as np
from PIL import Image

from nnspec.errors import DataError
from nnspec.files.pictures import open_picture
from nnspec.types import Array

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
DETAIL = 4_000_000
"""Pixels beyond which a picture is halved, or cut to a third ..., first: no network here looks closer."""


def read_picture(path: Path, channels: int) -> Array:
    """A picture, upright, on white where it is transparent.

    Args:
        path: The file.
        channels: 1 for grey, 3 for red, green and blue.

    Returns:
        (channels, height, width), from 0 to 1.

    Raises:
        DataError: It is no picture, is damaged, or is larger than any that makes sense.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path) from error
    return _brightness(open_picture(data, path), channels)


def _brightness(image: Image.Image, channels: int) -> Array:
    if image.mode.startswith(("I", "F")):
        # 16 bits a pixel: to 8, Pillow would cut everything above 255 off, and it makes only "F" smaller.
        grey = np.asarray(_smaller(image.convert("F")), np.float64) / 65535
        return np.repeat(np.clip(grey, 0, 1)[np.newaxis], channels, axis=0)
    colours = _smaller(image.convert("RGBA"))
    paper = Image.new("RGBA", colours.size, "white")
    flat = Image.alpha_composite(paper, colours).convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(flat, np.float64) / 255
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)


def _smaller(image: Image.Image) -> Image.Image:
    pixels = image.width * image.height
    return image.reduce(isqrt((pixels - 1) // DETAIL) + 1) if pixels > DETAIL else image
