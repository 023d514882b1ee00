"""Picture files, opened within bounds."""

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from nnspec.errors import DataError
from nnspec.types import Array

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MOST_PIXELS = 50_000_000
"""More than any camera's handful; a file of a few kilobytes can claim any number."""
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What Pillow raises on pictures that are cut short or damaged."""


def open_picture(path: Path, channels: int) -> Array:
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
        with warnings.catch_warnings():
            # Pillow's own bound is higher, and only warns. What else it warns of is nothing a user can act on.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                _check_size(image, path)
                upright = ImageOps.exif_transpose(image)
                return _brightness(upright, channels)
    except UnidentifiedImageError:
        raise DataError("is no PNG or JPEG picture", path) from None
    except Image.DecompressionBombError:
        raise _too_large(path) from None
    except DAMAGED as error:
        raise DataError(f"is a damaged picture, or cannot be read: {error}", path) from error


def _check_size(image: Image.Image, path: Path) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(path, f" of {image.width} x {image.height}")


def _too_large(path: Path, measures: str = "") -> DataError:
    return DataError(f"is a picture{measures} with more than {MOST_PIXELS:,} pixels; make it smaller", path)


def _brightness(image: Image.Image, channels: int) -> Array:
    if image.mode.startswith(("I", "F")):
        # 16 bits a pixel: Pillow's own conversion would cut everything above 255 off.
        grey = np.asarray(image, np.float64) / 65535
        return np.repeat(np.clip(grey, 0, 1)[np.newaxis], channels, axis=0)
    colours = image.convert("RGBA")
    paper = Image.new("RGBA", colours.size, "white")
    flat = Image.alpha_composite(paper, colours).convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(flat, np.float64) / 255
    return pixels[np.newaxis] if channels == 1 else np.moveaxis(pixels, -1, 0)
