"""Pictures made to look like those that a network was trained on."""

from dataclasses import replace

import numpy as np
import pytest

from nnspec.inputs.look import Look, picture_shape
from nnspec.inputs.preparation import Method, prepare
from nnspec.types import Array, Shape

DIGITS = Look((1, 28, 28), dark=True, handwriting=True)


def _page(height: int, width: int, *ink: tuple[slice, slice]) -> Array:
    """Black ink on white paper."""
    page = np.ones((1, height, width))
    for rows, columns in ink:
        page[0, rows, columns] = 0
    return page


def _mass(sample: Array) -> tuple[float, float]:
    ink = sample[0] / sample.sum()
    return float(ink.sum(axis=1) @ np.arange(28)), float(ink.sum(axis=0) @ np.arange(28))


@pytest.mark.parametrize("left", [5, 100, 250])
def test_digits_are_cropped_fitted_and_centred_by_mass(left: int) -> None:
    """As MNIST's makers did it: longest side 20, centre of mass in the middle, wherever it was drawn."""
    page = _page(200, 400, (slice(20, 180), slice(left, left + 30)), (slice(150, 180), slice(left, left + 110)))
    sample = prepare(page, DIGITS).sample
    rows, columns = np.flatnonzero(sample[0].max(axis=1) > 20), np.flatnonzero(sample[0].max(axis=0) > 20)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == pytest.approx(20 * 110 / 160, abs=1)
    assert _mass(sample) == pytest.approx((14, 14), abs=0.6)
    assert sample.max() == 255
    assert sample[0, 0].max() == 0


def test_shadows_and_noise_of_paper_are_no_ink() -> None:
    """Grey paper with grain, a line drawn in pencil: what is left is the line, at full strength."""
    page = _page(300, 300, (slice(100, 200), slice(140, 160))) * 0.3 + 0.45
    page += np.random.default_rng(1).normal(0, 0.02, page.shape)
    sample = prepare(page, DIGITS).sample
    assert sample.max() == 255
    bold = sample[0] > 100
    assert (bold.any(axis=1).sum(), bold.any(axis=0).sum()) == (20, 4)
    assert np.count_nonzero(sample) <= 22 * 6


def test_an_empty_page_stays_empty() -> None:
    """Nothing is stretched to something."""
    assert prepare(_page(50, 60), DIGITS).sample.max() == 0


@pytest.mark.parametrize(("paper", "dark"), [(0.0, True), (1.0, False), (0.0, None), (1.0, None)])
def test_what_has_the_right_size_and_paper_is_left_alone(paper: float, dark: bool | None) -> None:
    """Every byte arrives as it was, whether ink is light or dark; of unknown paper nothing is guessed."""
    pixels = np.full((1, 28, 28), paper)
    pixels[0, 3:25, 5:20] = np.arange(22 * 15).reshape(22, 15) % 256 / 255
    prepared = prepare(pixels, replace(DIGITS, dark=dark))
    np.testing.assert_array_equal(prepared.sample, np.round(pixels * 255))
    assert prepared.note == "as it is"


def test_paper_is_made_like_the_data_sets() -> None:
    """Light ink on black is inverted for data of black ink on white, and keeps its place."""
    pixels = 1 - _page(28, 28, (slice(4, 24), slice(12, 15)))
    prepared = prepare(pixels, replace(DIGITS, dark=False))
    np.testing.assert_array_equal(prepared.sample, (1 - pixels) * 255)
    assert prepared.note == "light on dark, so inverted"


def test_dark_ink_on_light_paper_can_be_what_digits_look_like() -> None:
    """A data set of black on white gets its digits black on white, centred all the same."""
    page = _page(90, 70, (slice(10, 80), slice(5, 15)))
    dark, light = prepare(page, DIGITS).sample, prepare(page, replace(DIGITS, dark=False)).sample
    np.testing.assert_allclose(light, 255 - dark, atol=1)


def test_other_pictures_are_fitted_whole() -> None:
    """Proportions stay; what is left of the frame has the colour of the picture's own border."""
    page = _page(20, 40, (slice(5, 15), slice(10, 30)))
    prepared = prepare(page, Look((1, 28, 28)))
    assert prepared.note == "fitted into 28 x 28"
    assert (prepared.sample[0, :7] == 255).all()
    dark = prepared.sample[0] < 128
    assert dark.any(axis=1).sum() == pytest.approx(7, abs=1)
    assert dark.any(axis=0).sum() == 14


def test_stretched_data_gets_stretched_pictures() -> None:
    """Where the data set ignored proportions, predictions do."""
    page = _page(20, 40, (slice(0, 10), slice(0, 40)))
    prepared = prepare(page, Look((1, 8, 8), stretched=True))
    assert prepared.note == "stretched to 8 x 8"
    assert (prepared.sample[0, :3] < 40).all()
    assert (prepared.sample[0, 5:] > 215).all()


@pytest.mark.parametrize("method", ["digit", "fit", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (1, 500), (300, 2), (28, 28)])
def test_every_method_takes_every_size(method: Method, size: tuple[int, int]) -> None:
    """A single pixel, a hair's breadth: the sample has the data's shape and range."""
    pixels = np.random.default_rng(2).random((1, *size))
    sample = prepare(pixels, replace(DIGITS, low=-1.0, high=1.0), method).sample
    assert sample.shape == (1, 28, 28)
    assert -1 <= sample.min() <= sample.max() <= 1


@pytest.mark.parametrize(
    ("shape", "named", "expected"),
    [
        ((1, 28, 28), False, (1, 28, 28)),
        ((3, 32, 24), False, (3, 32, 24)),
        ((28, 20), False, (1, 28, 20)),
        ((784,), False, (1, 28, 28)),
        ((784,), True, None),
        ((785,), False, None),
        ((2,), False, None),
        ((9,), False, None),
        ((5, 28, 28), False, None),
        ((20, 3), False, None),
    ],
)
def test_pictures_are_known_by_their_shape(shape: Shape, named: bool, expected: Shape | None) -> None:
    """One or three channels; or a long square row of numbers that have no names."""
    assert picture_shape(shape, named=named) == expected
