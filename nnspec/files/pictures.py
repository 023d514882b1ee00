"""Pictures, opened within bounds."""

import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""What is read; Pillow knows dozens more, for one of which it starts another program."""
MOST_PIXELS = 50_000_000
"""More than any camera's handful; a file of a few kilobytes can claim any number."""
DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, struct.error, zlib.error
)  # fmt: skip
"""What Pillow raises on pictures that are cut short or damaged."""


def open_picture(data: bytes | bytearray, path: Path) -> "Image":
    """A picture, decoded and upright.

    Args:
        data: The file's content.
        path: The file, for messages.

    Raises:
        DataError: It is no picture, is damaged, or is larger than any that makes sense.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            # Pillow's own bound is higher, and only warns. What else it warns of is nothing a user can act on.
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=FORMATS) as image:
                _check_size(image, path)
                ImageOps.exif_transpose(image, in_place=True)
                image.load()
                return image.copy()
    except UnidentifiedImageError:
        raise DataError("is no PNG or JPEG picture", path) from None
    except Image.DecompressionBombError:
        raise _too_large(path) from None
    except DAMAGE as error:
        raise DataError(f"is a damaged picture, or cannot be read: {error}", path) from error


def _check_size(image: "Image", path: Path) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(path, f" of {image.width} x {image.height}")


def _too_large(path: Path, measures: str = "") -> DataError:
    return DataError(f"is a picture{measures} with more than {MOST_PIXELS:,} pixels; make it smaller", path)
