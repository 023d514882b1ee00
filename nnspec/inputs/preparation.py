"""A picture made to look like those that a network was trained on: size, polarity, place of the ink."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from nnspec.inputs.look import Look, border
from nnspec.types import Array

Method = Literal["digit", "fit", "stretch"]
METHODS: dict[Method, str] = {
    "digit": "crop to the ink, fit it into the middle, centre it by mass, as MNIST's digits are",
    "fit": "the whole picture, as large as fits, its margins filled",
    "stretch": "the whole picture, without regard to its proportions",
}
BOX = 20 / 28
"""The box that MNIST's digits were fitted into, as a share of the picture."""
AFAR = 7
"""So many times the box is as much of a page as is looked at in detail."""
FAINT = 0.2
"""Marks fainter than this share of the darkest are shadows and noise of paper, not ink."""


@dataclass(frozen=True)
class Prepared:
    """A sample, and how it came to be.

    Attributes:
        sample: (channels, height, width) in the data set's own units.
        note: What was done, in words.
    """

    sample: Array
    note: str


def prepare(picture: Array, look: Look, method: Method | None = None, *, invert: bool | None = None) -> Prepared:
    """Makes a picture look like the samples of a run.

    Args:
        picture: (channels, height, width), from 0 to 1.
        look: How those samples look.
        method: How to bring it to their size; None to choose by how they look. A picture that has their size
            already stays as it is, unless a method is asked for.
        invert: Whether to make dark light; None to do so where its background is unlike theirs.
    """
    notes = []
    if invert is None:
        invert = look.dark is not None and bool(np.median(border(picture)) < 0.5) != look.dark
        notes = [f"{'dark on light' if look.dark else 'light on dark'}, so inverted"] if invert else []
    elif invert:
        notes = ["inverted"]
    pixels = 1 - picture if invert else picture
    if method is None and pixels.shape != look.picture:
        method = _method(look)
    if method is not None:
        pixels, note = _resized(pixels, look, method)
        notes.append(note)
    sample = look.low + pixels * (look.high - look.low)
    return Prepared(np.round(sample) if look.high == 255 else sample, "; ".join(notes) or "as it is")


def _method(look: Look) -> Method:
    if look.handwriting:
        return "digit"
    return "stretch" if look.stretched else "fit"


def _resized(pixels: Array, look: Look, method: Method) -> tuple[Array, str]:
    _, height, width = look.picture
    if method == "stretch":
        return _scaled(pixels, height, width), f"stretched to {width} x {height}"
    if method == "fit":
        return _fitted(pixels, height, width), f"fitted into {width} x {height}"
    box = round(BOX * min(height, width))
    dark = look.dark is not False
    ink = _drawing(pixels if dark else 1 - pixels, box)
    placed = _centred(ink, height, width)
    note = f"cropped to the ink, fitted into {box} x {box}, centred by mass in {width} x {height}"
    return placed if dark else 1 - placed, note


def _fitted(pixels: Array, height: int, width: int) -> Array:
    scale = min(height / pixels.shape[1], width / pixels.shape[2])
    small = _scaled(pixels, max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[2] * scale)))
    page = np.empty((len(pixels), height, width))
    page[...] = np.median(border(pixels), axis=-1)[:, np.newaxis, np.newaxis]
    top, left = (height - small.shape[1]) // 2, (width - small.shape[2]) // 2
    page[:, top : top + small.shape[1], left : left + small.shape[2]] = small
    return page


def _drawing(pixels: Array, box: int) -> Array:
    """The ink of a light-on-dark drawing, (1, height, width), cropped and brought to a box; empty stays empty."""
    # Seen from afar: the grain of paper and camera must not look like ink at the edges of the page.
    scale = min(1.0, AFAR * box / max(pixels.shape[1:]))
    grey = _scaled(pixels, *(max(1, round(side * scale)) for side in pixels.shape[1:])).mean(axis=0)
    grey = np.clip(grey - np.median(border(grey)), 0, 1)
    peak = float(grey.max())
    if peak < 0.05:
        return np.zeros((1, box, box))
    ink = np.where(grey > FAINT * peak, grey / peak, 0)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(ink.shape)
    small = _scaled(ink[np.newaxis], *(max(1, round(side * scale)) for side in ink.shape))
    return np.clip(small / (float(small.max()) or 1.0), 0, 1)


def _centred(ink: Array, height: int, width: int) -> Array:
    """The ink on an empty page, its centre of mass in the middle as far as the page allows."""
    _, rows, columns = ink.shape
    mass = float(ink.sum()) or 1.0
    down = float(ink.sum(axis=(0, 2)) @ np.arange(rows)) / mass
    across = float(ink.sum(axis=(0, 1)) @ np.arange(columns)) / mass
    top = min(max(round(height / 2 - down), 0), height - rows)
    left = min(max(round(width / 2 - across), 0), width - columns)
    page = np.zeros((1, height, width))
    page[:, top : top + rows, left : left + columns] = ink
    return page


def _scaled(pixels: Array, height: int, width: int) -> Array:
    channels = [
        Image.fromarray(channel.astype(np.float32)).resize((width, height), Image.Resampling.LANCZOS)
        for channel in pixels
    ]
    return np.clip(np.stack([np.asarray(channel, np.float64) for channel in channels]), 0, 1)
