"""Pictures in a terminal: a character for each pixel across and each two down, as dark or light as they are."""

import numpy as np

from nnspec.types import Array

UNICODE, ASCII = " ░▒▓█", " .:+#"
WIDEST = 76


def render(picture: Array, *, unicode: bool = True) -> str:
    """A picture as lines of text; more ink or light is a fuller block.

    Args:
        picture: (channels, height, width), from 0 to 1.
        unicode: Whether block characters can be shown.
    """
    grey = picture.mean(axis=0)
    # A character is about twice as high as wide.
    factor = max(1, -(-grey.shape[1] // WIDEST))
    small = _averaged(grey, 2 * factor, factor)
    scale = UNICODE if unicode else ASCII
    shades = np.clip(np.round(small * (len(scale) - 1)), 0, len(scale) - 1).astype(np.intp)
    return "\n".join("".join(scale[shade] for shade in row).rstrip() for row in shades)


def _averaged(grey: Array, down: int, across: int) -> Array:
    """Means over cells of so many pixels; cells at the edges may have fewer."""
    rows, columns = np.arange(0, grey.shape[0], down), np.arange(0, grey.shape[1], across)
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0), columns, axis=1)
    heights = np.diff(np.append(rows, grey.shape[0]))
    widths = np.diff(np.append(columns, grey.shape[1]))
    means: Array = sums / np.outer(heights, widths)
    return means
