"""Transforms that draw at random: against shifts, turns and masks made by NumPy, and in the engine."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nnspec.contracts.loader import Split
from nnspec.contracts.transform import Transform
from nnspec.engine.batches import Batches
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.errors import DataError, ShapeError
from nnspec.parts.transforms._sampling import sampled
from nnspec.registry import default_resolver
from nnspec.testing.material import context
from nnspec.types import Array, size

part = default_resolver().part
DISTORTED = {"affine": {"rotate": 20, "scale": 0.2, "shear": 10, "shift": 2}}
RANDOM: list[Any] = [
    DISTORTED,
    {"crop": 4},
    {"cutout": 3},
    "elastic",
    "flip",
    "noise",
    "rotate",
    "shift",
]
"""Every transform that draws; 8 x 8 images are larger than what they cut."""


def images(samples: int = 60, channels: int = 2, height: int = 8, width: int = 8, dtype: Any = np.uint8) -> Array:
    """Images (C, H, W, N) of distinct pixels, none of them 0."""
    random = np.random.default_rng(5)
    return random.integers(1, 255, (channels, height, width, samples)).astype(dtype)


def trained(entry: object, x: Array, dtype: Any = np.float64) -> Array:
    """What a training step sees of a batch."""
    return part(Transform, entry, {}).apply(x, {}, context(dtype, training=True))


def blob(height: int = 28, width: int = 28, samples: int = 200) -> Array:
    """Smooth bright blobs in the middle, far from every edge."""
    rows, columns = np.mgrid[:height, :width]
    one = np.exp(-((rows - height / 2 + 0.5) ** 2 + (columns - width / 2 + 0.5) ** 2) / 18)
    return np.repeat(one[np.newaxis, :, :, np.newaxis], samples, axis=-1)


def pipeline(entries: list[Any], rows: Array, seed: int = 1) -> Pipeline:
    transforms = [part(Transform, entry, {}) for entry in entries]
    shape = rows.shape[1:]
    for transform in transforms:
        shape = transform.shape(shape)
    made = Pipeline(transforms, (size(shape),), Seeds(seed))
    made.fit(rows)
    return made


# Exactness


def test_a_shifted_image_is_the_image_moved_by_whole_pixels() -> None:
    x = images(samples=400)
    y = trained({"shift": [1, 2]}, x)
    assert y.dtype == np.uint8
    moved = {}
    for down, right in product(range(-1, 2), range(-2, 3)):
        frame = np.pad(x, [(0, 0), (1, 1), (2, 2), (0, 0)])
        moved[down, right] = frame[:, 1 - down : 9 - down, 2 - right : 10 - right]
    found = [{key for key, z in moved.items() if (z[..., n] == y[..., n]).all()} for n in range(400)]
    assert all(len(keys) == 1 for keys in found)
    counts = [sum(key in keys for keys in found) for key in moved]
    assert min(counts) > 400 / 15 / 3  # evenly drawn: 27 of each are expected


def test_a_crop_is_one_of_the_windows_in_training_and_the_middle_one_otherwise() -> None:
    x = images(samples=300)
    y = trained({"crop": [7, 6]}, x)
    assert y.shape == (2, 7, 6, 300)
    windows = {(i, j): x[:, i : i + 7, j : j + 6] for i, j in product(range(2), range(3))}
    found = [{key for key, z in windows.items() if (z[..., n] == y[..., n]).all()} for n in range(300)]
    assert all(len(keys) == 1 for keys in found)
    assert set().union(*found) == set(windows)
    middle = part(Transform, {"crop": [7, 6]}, {}).apply(x, {}, context())
    np.testing.assert_array_equal(middle, x[:, :7, 1:7])
    assert middle.dtype == np.uint8


def test_padding_agrees_with_numpy() -> None:
    x = images(samples=3)
    for training in (False, True):
        ctx = context(training=training)
        y = part(Transform, {"pad": {"by": [1, 2], "value": 9}}, {}).apply(x, {}, ctx)
        np.testing.assert_array_equal(y, np.pad(x, [(0, 0), (1, 1), (2, 2), (0, 0)], constant_values=9))
        assert y.dtype == np.uint8


def test_padding_and_the_middle_crop_give_the_image_back() -> None:
    rows = images(samples=9).transpose(3, 0, 1, 2)
    piped = pipeline([{"pad": 2}, {"crop": 8}], rows).apply(rows)
    np.testing.assert_array_equal(piped.T, rows.reshape(9, -1))


@pytest.mark.parametrize("value", [256, -1, 0.5])
def test_a_padding_value_that_bytes_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(DataError, match=r"whole numbers from 0 to 255.*`scale` before"):
        trained({"pad": {"by": 1, "value": value}}, images())


def test_flipped_images_are_mirrored_or_as_they_were() -> None:
    x = images(samples=400)
    mirrors = {"horizontal": x[:, :, ::-1], "vertical": x[:, ::-1]}
    for axis, mirrored in mirrors.items():
        y = trained({"flip": axis}, x)
        as_it_was = (y == x).all(axis=(0, 1, 2))
        turned = (y == mirrored).all(axis=(0, 1, 2))
        assert (as_it_was ^ turned).all()
        assert 150 < turned.sum() < 250
        np.testing.assert_array_equal(trained({"flip": {"axis": axis, "probability": 1}}, x), mirrored)
    np.testing.assert_array_equal(trained({"flip": {"axis": "both", "probability": 1}}, x), x[:, ::-1, ::-1])


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("turns", [0, 1, 2, 3, -1])
def test_a_rotation_by_right_angles_agrees_with_numpy(turns: int, side: int) -> None:
    x = images(height=side, width=side)
    y = trained({"rotate": {"among": [90 * turns]}}, x)
    np.testing.assert_allclose(y, np.rot90(x, turns, axes=(1, 2)), rtol=1e-10)
    single = trained({"rotate": {"among": [90 * turns]}}, x, np.float32)
    np.testing.assert_allclose(single, np.rot90(x, turns, axes=(1, 2)), atol=1e-3)


def test_rotations_are_drawn_from_all_the_angles_given() -> None:
    x = images(samples=200)
    y = trained({"rotate": {"among": [0, 90, 180, 270]}}, x)
    matches = np.array([np.isclose(y, np.rot90(x, k, axes=(1, 2))).all(axis=(0, 1, 2)) for k in range(4)])
    np.testing.assert_array_equal(matches.sum(axis=0), 1)
    assert matches.sum(axis=1).min() > 25


def test_a_rotation_moves_the_top_to_the_left() -> None:
    """Against the clock, by the angle that was asked for."""
    x = np.zeros((1, 9, 9, 1))
    x[0, 0, 4] = 1.0
    y = trained({"rotate": {"among": [45]}}, x)
    rows, columns = np.mgrid[:9, :9]
    place = [(y[0, :, :, 0] * axis).sum() / y.sum() for axis in (rows, columns)]
    np.testing.assert_allclose(place, [4 - 4 * np.sqrt(0.5)] * 2, atol=0.1)


def test_a_pixel_read_between_others_is_their_weighted_mean() -> None:
    """Half a pixel down: by hand."""
    x = np.array([[8.0, 4.0], [2.0, 6.0]])[np.newaxis, :, :, np.newaxis]
    rows, columns = np.mgrid[:2, :2][:, np.newaxis].astype(float)
    y = sampled(x, rows + 0.5, columns + 0.25, context())[0, :, :, 0]
    upper = [0.75 * 8 + 0.25 * 4, 0.75 * 4]
    lower = [0.75 * 2 + 0.25 * 6, 0.75 * 6]
    np.testing.assert_allclose(y, [np.add(upper, lower) / 2, np.divide(lower, 2)], rtol=1e-15)


def test_places_outside_the_image_are_zero() -> None:
    x = images(samples=6, dtype=np.float64)
    for far in (-1.0, 8.0, -1e9, 1e9):
        for axis in range(2):
            places = [np.full((6, 8, 8), 3.0), np.full((6, 8, 8), 3.0)]
            places[axis][...] = far
            assert not sampled(x, places[0], places[1], context()).any()


def test_cutout_covers_a_square_and_nothing_else() -> None:
    x = images(samples=300)
    y = trained({"cutout": 3}, x)
    covered = (y == 0).all(axis=0)
    np.testing.assert_array_equal(np.where(covered, 0, x), y)
    down, across = covered.any(axis=1).sum(axis=0), covered.any(axis=0).sum(axis=0)
    np.testing.assert_array_equal(covered.sum(axis=(0, 1)), down * across)
    assert set(down) == set(across) == {2, 3}  # two rows where it reaches over the edge
    assert y.dtype == np.uint8
    some = trained({"cutout": {"size": 3, "probability": 0.5}}, x)
    assert 100 < (some == 0).any(axis=(0, 1, 2)).sum() < 200


# Strength


@pytest.mark.parametrize(
    "entry",
    [
        "affine",
        {"affine": {"rotate": 0, "scale": 0, "shear": 0, "shift": 0}},
        {"elastic": 0},
        {"rotate": 0},
        {"shift": 0},
        {"flip": {"probability": 0}},
        {"cutout": {"size": 3, "probability": 0}},
        {"noise": 0},
        {"crop": 8},
        {"pad": 0},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_strength_changes_nothing(entry: Any, dtype: Any) -> None:
    for stored in (np.uint8, np.float64):
        x = images(dtype=stored)
        np.testing.assert_array_equal(trained(entry, x, dtype), x)


@pytest.mark.parametrize("entry", ["shift", {"affine": {"rotate": 40, "shear": 20, "shift": 3}}, "elastic"])
def test_distortions_keep_how_bright_an_image_is_on_the_average(entry: Any) -> None:
    x = blob()
    y = trained(entry, x)
    assert np.abs(y - x).max() > 0.05
    assert y.mean() == pytest.approx(x.mean(), rel=0.03)


def test_a_scale_is_as_often_growth_as_shrinking() -> None:
    x = blob(samples=2000)
    area = trained({"affine": {"scale": 0.5}}, x).sum(axis=(0, 1, 2)) / x[..., 0].sum()
    assert area.min() > 1 / 1.5**2 - 0.01
    assert area.max() < 1.5**2 + 0.01
    assert np.log(area).mean() == pytest.approx(0, abs=0.03)
    assert np.log(area).std() == pytest.approx(2 * np.log(1.5) / np.sqrt(3), rel=0.05)


def test_shear_slants_columns_and_leaves_rows() -> None:
    x = blob()
    y = trained({"affine": {"shear": 30}}, x)
    np.testing.assert_allclose(y.sum(axis=(0, 2)), x.sum(axis=(0, 2)), atol=1e-3)
    assert y.std(axis=-1).max() > 0.1


def test_elastic_moves_pixels_as_far_as_its_documentation_says() -> None:
    """Measured on a slope, whose brightness is the row itself."""
    slope = np.repeat(np.arange(100.0)[np.newaxis, :, np.newaxis, np.newaxis], 100, axis=2)
    y = trained({"elastic": {"alpha": 34, "sigma": 4}}, np.repeat(slope, 30, axis=3))
    moved = (y - slope)[:, 30:70, 30:70]
    assert moved.mean() == pytest.approx(0, abs=0.1)
    assert moved.std() == pytest.approx(0.163 * 34 / 4, rel=0.1)
    neighbours = np.corrcoef(moved[:, :-1].ravel(), moved[:, 1:].ravel())[0, 1]
    assert neighbours == pytest.approx(np.exp(-1 / (4 * 4**2)), abs=0.01)


def test_noise_has_the_deviation_asked_for() -> None:
    x = np.zeros((50, 200))
    y = trained({"noise": 0.3}, x, np.float32)
    assert y.dtype == np.float32
    assert y.mean() == pytest.approx(0, abs=0.01)
    assert y.std() == pytest.approx(0.3, rel=0.03)


@pytest.mark.parametrize("entry", RANDOM, ids=str)
def test_each_sample_is_drawn_for_itself_and_anew_in_every_epoch(entry: Any) -> None:
    x = np.repeat(images(samples=1), 40, axis=-1)
    transform, ctx = part(Transform, entry, {}), context(training=True)
    first = transform.apply(x, {}, ctx).copy()
    second = transform.apply(x, {}, ctx).copy()
    assert (first != first[..., :1]).any()
    assert (first != second).any()


@pytest.mark.parametrize("entry", [*RANDOM, {"pad": 1}], ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_results_go_to_the_same_memory_in_every_step(entry: Any, dtype: Any) -> None:
    transform, ctx, x = part(Transform, entry, {}), context(np.float32, training=True), images(dtype=dtype)
    first = transform.apply(x, {}, ctx)
    assert np.shares_memory(transform.apply(x, {}, ctx), first)
    assert not np.shares_memory(first, x)


# In the engine


@pytest.mark.parametrize("entry", RANDOM, ids=str)
def test_the_engine_draws_in_training_and_nowhere_else(entry: Any) -> None:
    rows = images().transpose(3, 0, 1, 2)
    piped = pipeline([entry, "scale"], rows)
    plain = piped.apply(rows).copy()
    middle = rows[:, :, 2:6, 2:6] if entry == {"crop": 4} else rows
    np.testing.assert_allclose(plain.T, middle.reshape(len(rows), -1) / 255, rtol=1e-6)
    assert (piped.apply(rows, (1, 0)) != plain).any()
    np.testing.assert_array_equal(piped.apply(rows), plain)


@pytest.mark.parametrize("entry", RANDOM, ids=str)
def test_the_same_seed_gives_the_same_bytes_whatever_is_evaluated_in_between(entry: Any) -> None:
    rows = images().transpose(3, 0, 1, 2)

    def epochs(seed: int, *, evaluated: bool) -> bytes:
        piped, seen = pipeline([entry, "scale"], rows, seed), b""
        for epoch in (1, 2, 3):
            for number, chosen in enumerate((slice(0, 25), slice(25, 50), slice(50, 60))):
                seen += piped.apply(rows[chosen], (epoch, number)).tobytes()
                if evaluated:
                    piped.apply(rows[chosen])
        return seen

    assert epochs(1, evaluated=True) == epochs(1, evaluated=False)
    assert epochs(1, evaluated=False) != epochs(2, evaluated=False)


def test_statistics_are_those_of_inputs_that_nothing_was_drawn_for() -> None:
    rows = images(samples=1500).transpose(3, 0, 1, 2)
    distorted = pipeline([DISTORTED, "elastic", "noise", "scale", "standardize"], rows)
    plain = pipeline(["scale", "standardize"], rows)
    assert distorted.fitted[3] == plain.fitted[0]
    for name, array in plain.fitted[1].items():
        np.testing.assert_array_equal(distorted.fitted[4][name], array)


def test_only_the_batches_of_training_are_augmented() -> None:
    rows = images(samples=10).transpose(3, 0, 1, 2)
    split = Split(rows, np.arange(10) % 2)
    piped = pipeline(["noise"], rows)
    plain = rows.reshape(10, -1).T
    ((x, _),) = Batches(split, piped, (2,), 10).in_order()
    np.testing.assert_array_equal(x, plain)
    ((x, _),) = Batches(split, piped, (2,), 10, training=True).in_order()
    assert 0 < np.abs(x - plain).max() < 1
    ((x, _),) = Batches(split, piped, (2,), 10, training=True).shuffled(np.random.default_rng(0))
    assert (x != np.rint(x)).all()


# Shapes


@pytest.mark.parametrize("name", ["affine", "elastic", "flip", "rotate", "shift"])
def test_what_is_no_image_is_refused_with_what_to_do(name: str) -> None:
    transform = part(Transform, name, {})
    assert transform.shape((3, 5, 7)) == (3, 5, 7)
    with pytest.raises(ShapeError, match=f"{name} takes images") as caught:
        transform.shape((784,))
    assert caught.value.hint is not None
    assert "noise" in caught.value.hint
    with pytest.raises(ShapeError) as caught:
        transform.shape((28, 28))
    assert caught.value.hint == "store the samples with an axis of channels: 1 x 28 x 28"


def test_a_window_larger_than_the_image_is_refused_with_the_largest_that_fits() -> None:
    with pytest.raises(ShapeError, match="30 x 20 pixels is larger than the image, 1 x 28 x 28") as caught:
        part(Transform, {"crop": [30, 20]}, {}).shape((1, 28, 28))
    assert caught.value.hint == "crop to 28 x 20 or less, or put `pad` before it"


def test_padding_and_cropping_say_their_shapes() -> None:
    assert part(Transform, {"pad": [0, 3]}, {}).shape((3, 8, 8)) == (3, 8, 14)
    assert part(Transform, {"crop": [4, 5]}, {}).shape((3, 8, 8)) == (3, 4, 5)


@pytest.mark.parametrize(
    "entry", [{"crop": 0}, {"crop": [3, 4, 5]}, {"crop": True}, {"pad": -1}, {"shift": 1.5}], ids=str
)
def test_lengths_are_one_whole_number_or_two(entry: Any) -> None:
    with pytest.raises(ValidationError, match=r"expected a whole number from [01], or two of them: \["):
        part(Transform, entry, {})
