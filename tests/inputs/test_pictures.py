"""Pictures as brightness, whatever their bits and their size."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.inputs.pictures import DETAIL, read_picture


def test_sixteen_bits_keep_their_shades(tmp_path: Path) -> None:
    """Pillow's own way to eight bits would turn all but the darkest to white."""
    shades = np.array([[0, 257, 40_000], [65_535, 300, 32_768]], np.uint16)
    Image.fromarray(shades).save(tmp_path / "shades.png")
    assert read_picture(tmp_path / "shades.png", 1)[0] == pytest.approx(shades / 65_535)


def test_large_pictures_of_sixteen_bits_are_made_smaller(tmp_path: Path) -> None:
    """As others are: the mean of 2 x 2 pixels, or of more."""
    column = np.arange(0, 60_000, 2).astype(np.uint16)
    shades = np.repeat(column[:, np.newaxis], 140, axis=1)
    assert shades.size > DETAIL
    Image.fromarray(shades).save(tmp_path / "large.png")
    pixels = read_picture(tmp_path / "large.png", 1)[0]
    assert pixels.shape == (15_000, 70)
    assert pixels[:, 0] == pytest.approx(column.reshape(-1, 2).mean(axis=1) / 65_535)


def test_transparent_pixels_are_white(tmp_path: Path) -> None:
    """Ink is drawn on paper, not on what lies beneath."""
    Image.fromarray(np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)).save(tmp_path / "ink.png")
    assert read_picture(tmp_path / "ink.png", 3)[:, 0] == pytest.approx(np.array([[1, 0]] * 3))
