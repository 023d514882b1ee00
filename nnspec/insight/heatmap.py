"""Heat maps as PNG: pictures of numbers, enlarged with crisp pixels, each with its label, on one sheet."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nnspec.insight.colours import DIVERGING, SEQUENTIAL
from nnspec.types import Array

SINGLE, TILE = 448, 196
"""How wide a picture on its own is made, and one of many, in pixels."""
MARGIN, TITLE, NOTE = 24, 20, 14
LONGEST = 40
"""Letters of a label."""
PAPER, INK, GREY, WRONG, FRAME = "#ffffff", "#1c1c1c", "#5c5c5c", "#a3271c", "#d9d9d9"


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet.

    Attributes:
        pixels: Colours, (height, width, 3) bytes.
        title: What it is.
        note: What is to be said of it, below the title.
        good: Whether the note is as one would wish.
    """

    pixels: Array
    title: str
    note: str = ""
    good: bool = True


@dataclass(frozen=True)
class Key:
    """What the colours mean.

    Attributes:
        scale: The colours in order, (256, 3).
        low: What stands at its left end.
        high: What stands at its right end.
    """

    scale: Array
    low: str
    high: str


FOR_AND_AGAINST = Key(DIVERGING, "against", "for")
INK_AND_PAPER = Key(SEQUENTIAL, "lowest", "highest")


def sheet(tiles: Sequence[Tile], key: Key | None) -> bytes:
    """The tiles in rows, with the key to their colours below.

    Args:
        tiles: The pictures, of one size.
        key: What the colours mean; None where they speak for themselves.

    Returns:
        The content of a PNG file.
    """
    height, width = tiles[0].pixels.shape[:2]
    factor = max(1, (SINGLE if len(tiles) == 1 else TILE) // max(height, width))
    across, down = width * factor, height * factor
    tiles = [replace(tile, title=_clipped(tile.title), note=_clipped(tile.note)) for tile in tiles]
    cell = max(across, *(_width(tile) for tile in tiles))
    columns = _columns(len(tiles))
    rows = ceil(len(tiles) / columns)
    step = down + _line(TITLE) + _line(NOTE) + MARGIN
    foot = MARGIN + _line(NOTE) if key is not None else 0
    page = Image.new("RGB", (MARGIN + columns * (cell + MARGIN), MARGIN + rows * step + foot), PAPER)
    draw = ImageDraw.Draw(page)
    for index, tile in enumerate(tiles):
        left = MARGIN + index % columns * (cell + MARGIN)
        top = MARGIN + index // columns * step
        picture = Image.fromarray(tile.pixels).resize((across, down), Image.Resampling.NEAREST)
        page.paste(picture, (left, top))
        draw.rectangle((left - 1, top - 1, left + across, top + down), outline=FRAME)
        draw.text((left, top + down + 6), tile.title, INK, _font(TITLE))
        draw.text((left, top + down + 6 + _line(TITLE)), tile.note, GREY if tile.good else WRONG, _font(NOTE))
    if key is not None:
        _draw_key(page, draw, key, page.height - MARGIN - NOTE)
    file = io.BytesIO()
    page.save(file, "PNG", optimize=True)
    return file.getvalue()


def _columns(count: int) -> int:
    """Columns that make a sheet about as wide as a screen, with rows that are full where possible."""
    widest = min(count, max(5, ceil(sqrt(2 * count))))
    return next((columns for columns in range(widest, widest // 2, -1) if count % columns == 0), widest)


def _draw_key(page: Image.Image, draw: ImageDraw.ImageDraw, key: Key, top: int) -> None:
    font, left = _font(NOTE), MARGIN
    draw.text((left, top), key.low, GREY, font, anchor="la")
    left += round(font.getlength(key.low)) + 8
    width = min(160, page.width // 3)
    bar = Image.fromarray(np.ascontiguousarray(key.scale[np.newaxis])).resize((width, NOTE - 2))
    page.paste(bar, (left, top + 1))
    draw.rectangle((left - 1, top, left + width, top + NOTE - 1), outline=FRAME)
    draw.text((left + width + 8, top), key.high, GREY, font, anchor="la")


def _width(tile: Tile) -> int:
    return ceil(max(_font(TITLE).getlength(tile.title), _font(NOTE).getlength(tile.note)))


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _line(height: int) -> int:
    return height * 4 // 3


def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)
