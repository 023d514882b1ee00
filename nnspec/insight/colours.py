"""Colour scales on which equal steps of a number look like equal steps of colour.

Colours are mixed in Oklab, where distances are those that an eye sees (B. Ottosson, A perceptual color space for
image processing, 2020). Neither scale leans on red against green.
"""

from collections.abc import Sequence

import numpy as np

from nnspec.types import Array

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _scale(stops: Sequence[str]) -> Array:
    """256 colours, (256, 3) bytes, that lead evenly through the given ones."""
    marks = np.linspace(0, 1, len(stops))
    anchors = _to_oklab(np.array([list(bytes.fromhex(stop)) for stop in stops]))
    places = np.linspace(0, 1, 256)
    mixed = np.stack([np.interp(places, marks, channel) for channel in anchors.T], axis=1)
    return _to_bytes(mixed)


def _to_oklab(colours: Array) -> Array:
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lab: Array = np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T
    return lab


def _to_bytes(lab: Array) -> Array:
    linear = np.clip((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T, 0, 1)
    share = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    colours: Array = np.round(share * 255).astype(np.uint8)
    return colours


DIVERGING = _scale(["1f4e9c", "6fa3d8", "f7f6f2", "e2895f", "a3271c"])
"""From blue, against, over white, neither, to red, for."""
SEQUENTIAL = _scale(["fbfaf5", "f2cf8f", "dd7f52", "8f2f5b", "2a1245"])
"""From paper to ink."""


def diverging(values: Array, neutral: float) -> Array:
    """Colours, (..., 3), of values around a neutral one; the value farthest from it gets full colour."""
    reach = float(np.abs(values - neutral).max()) or 1.0
    return _pick(DIVERGING, 0.5 + (values - neutral) / (2 * reach))


def sequential(values: Array) -> Array:
    """Colours, (..., 3), of values from the least, which looks empty, to the greatest."""
    low = float(values.min())
    return _pick(SEQUENTIAL, (values - low) / (float(np.ptp(values)) or 1.0))


def _pick(scale: Array, share: Array) -> Array:
    colours: Array = scale[np.clip(np.round(share * 255), 0, 255).astype(np.intp)]
    return colours
