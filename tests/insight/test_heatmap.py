"""Heat maps: colours that mean what they show, crisp pixels, sheets; and pictures as text."""

import io

import numpy as np
from PIL import Image

from nnspec.insight.blocks import render
from nnspec.insight.colours import DIVERGING, SEQUENTIAL, diverging, sequential
from nnspec.insight.heatmap import FOR_AND_AGAINST, Tile, sheet
from nnspec.types import Array


def _lightness(colours: Array) -> Array:
    """L* of CIELAB, from sRGB by the formula of IEC 61966 and CIE 15."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance: Array = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)


def _opened(png: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_more_ink_is_darker_evenly() -> None:
    """Along the sequential scale lightness falls without a break and without a jump."""
    steps = -np.diff(_lightness(SEQUENTIAL))
    assert steps.min() > -0.05
    assert steps.max() < 1.0
    assert _lightness(SEQUENTIAL)[[0, -1]].tolist()[0] > 95
    assert _lightness(SEQUENTIAL)[-1] < 15


def test_for_and_against_are_equally_far_from_white() -> None:
    """The diverging scale is lightest in the middle and about as dark at either end, blue here and red there."""
    lightness = _lightness(DIVERGING)
    assert 120 <= lightness.argmax() <= 135
    np.testing.assert_allclose(lightness[:128], lightness[:127:-1], atol=8)
    assert DIVERGING[0, 2] > DIVERGING[0, 0]
    assert DIVERGING[-1, 0] > DIVERGING[-1, 2]


def test_scales_pass_through_their_marks() -> None:
    """Mixing in Oklab and back leaves the given colours as they were given."""
    assert SEQUENTIAL[0].tolist() == [0xFB, 0xFA, 0xF5]
    assert SEQUENTIAL[-1].tolist() == [0x2A, 0x12, 0x45]
    assert DIVERGING[-1].tolist() == [0xA3, 0x27, 0x1C]


def test_the_neutral_value_is_white_and_the_farthest_has_full_colour() -> None:
    """Whether it lies in the middle or not."""
    colours = diverging(np.array([0.0, 0.2, 1.0]), neutral=0.2)
    assert colours[1].tolist() == DIVERGING[128].tolist()
    assert colours[2].tolist() == DIVERGING[255].tolist()
    assert colours[0].tolist() == DIVERGING[round(255 * (0.5 - 0.125))].tolist()


def test_pictures_without_contrast_have_a_colour_too() -> None:
    """Nothing is divided by nothing."""
    assert sequential(np.full((2, 2), 0.7)).tolist() == [[SEQUENTIAL[0].tolist()] * 2] * 2
    assert diverging(np.full(3, 0.5), neutral=0.5).tolist() == [DIVERGING[128].tolist()] * 3


def test_a_picture_on_its_own_is_enlarged_crisply() -> None:
    """Each pixel becomes a square of a single colour."""
    pixels = np.random.default_rng(1).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    page = _opened(sheet([Tile(pixels, "3", "answered 3, 97.1 %")], FOR_AND_AGAINST))
    picture = page[24 : 24 + 448, 24 : 24 + 448]
    np.testing.assert_array_equal(picture, np.repeat(np.repeat(pixels, 16, axis=0), 16, axis=1))


def test_a_sheet_holds_every_picture_and_its_label() -> None:
    """Ten tiles stand in two rows of five; below each is its label, and a wrong answer is told in red."""
    grey = [np.full((28, 28, 3), number * 20, np.uint8) for number in range(10)]
    tiles = [Tile(pixels, str(number), "ok", number != 9) for number, pixels in enumerate(grey)]
    page = _opened(sheet(tiles, None))
    across, down = 196 + 24, 196 + 26 + 18 + 24
    assert page.shape == (24 + 2 * down, 24 + 5 * across, 3)
    for number in range(10):
        top, left = 24 + number // 5 * down, 24 + number % 5 * across
        assert (page[top : top + 196, left : left + 196] == number * 20).all()
        label = page[top + 200 : top + down - 10, left : left + 196].astype(int)
        assert (label.max(axis=2) < 128).any() or number == 9
        reddish = (label[..., 0] - label[..., 1] > 60).any()
        assert reddish == (number == 9)


def test_long_labels_do_not_overlap() -> None:
    """Tiles stand as far apart as their labels need, and no label grows without end."""
    tiles = [Tile(np.zeros((4, 4, 3), np.uint8), "W" * 500) for _ in range(2)]
    width = _opened(sheet(tiles, None)).shape[1]
    assert 2 * 400 < width < 2 * 1000


def test_text_pictures_have_a_character_for_two_pixels() -> None:
    """One above the other; fuller blocks for more ink, plain signs where blocks cannot be shown."""
    picture = np.array([[[0.0, 1.0, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.5, 0.0]]])
    assert render(picture) == " █░\n█░"
    assert render(picture, unicode=False) == " #.\n#."
    assert max(map(len, render(np.ones((3, 200, 300))).splitlines())) <= 76
