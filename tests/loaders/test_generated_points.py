"""blobs, moons, circles, spirals and xor: points where their formulas put them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from nnspec.data import Sources
from nnspec.extend import Dataset, Loader, Outline
from nnspec.parts.loaders.blobs import Blobs
from nnspec.parts.loaders.circles import Circles
from nnspec.parts.loaders.moons import Moons
from nnspec.parts.loaders.spirals import Spirals
from nnspec.parts.loaders.xor import Xor

Load = Callable[[Loader], Dataset]
ALL = [Blobs(), Moons(), Circles(), Spirals(), Spirals(arms=3), Xor(samples=40, test=10)]


@pytest.fixture
def load() -> Load:
    """Loads with a generator that starts alike every time."""
    return lambda loader: loader.load(Sources(None, np.random.default_rng(5)))


def points(dataset: Dataset) -> tuple[Any, Any]:
    splits = dataset.splits.values()
    return (
        np.concatenate([split.inputs for split in splits]).astype(np.float64),
        np.concatenate([split.targets for split in splits]),
    )


@pytest.mark.parametrize("loader", ALL)
def test_the_data_is_what_the_outline_says(load: Load, loader: Loader) -> None:
    dataset = load(loader)
    outline = loader.outline()
    assert dataset.classes is not None
    assert len(dataset.classes) == outline.classes
    for split in dataset.splits.values():
        assert split.inputs.dtype == np.float32
        assert split.inputs.shape[1:] == outline.shape
        assert split.targets.dtype == np.int64
        assert set(split.targets.tolist()) == set(range(outline.classes or 0))
    assert dataset.files == ()
    assert loader.made


@pytest.mark.parametrize("loader", ALL)
def test_the_same_generator_draws_the_same_points(load: Load, loader: Loader) -> None:
    first, second = load(loader), load(loader)
    assert np.array_equal(points(first)[0], points(second)[0])
    other = loader.load(Sources(None, np.random.default_rng(6)))
    same = np.array_equal(points(first)[0], points(other)[0])
    assert same == isinstance(loader, Xor)


@pytest.mark.parametrize("loader", ALL[:5])
def test_a_fifth_is_for_the_test_and_classes_are_even(load: Load, loader: Loader) -> None:
    dataset = load(loader)
    labels = points(dataset)[1]
    assert dataset.test is not None
    assert len(dataset.test) == len(labels) // 5
    counts = np.bincount(labels)
    assert counts.max() - counts.min() <= 1
    shares = np.bincount(dataset.test.targets) / counts
    assert np.abs(shares - 0.2).max() < 0.01


def test_blobs_have_their_centers_and_their_spread(load: Load) -> None:
    centers = ((100.0, 100.0), (400.0, 150.0), (250.0, 400.0))
    x, labels = points(load(Blobs(centers=centers, classes=("red", "green", "blue"))))
    for number, center in enumerate(centers):
        cluster = x[labels == number]
        assert np.abs(cluster.mean(axis=0) - center).max() < 4 * 15 / np.sqrt(len(cluster))
        assert np.abs(cluster.std(axis=0) - 15).max() < 1.5


@pytest.mark.parametrize("seed", range(20))
def test_drawn_centers_lie_in_the_box_and_far_apart(seed: int) -> None:
    source = Sources(None, np.random.default_rng(seed))
    x, labels = points(Blobs(samples=300, spread=0).load(source))
    centers = np.array([x[labels == number][0] for number in range(3)])
    assert (centers >= 0).all()
    assert (centers <= 500).all()
    distances = np.linalg.norm(centers[:, np.newaxis] - centers, axis=2)
    # Eight standard deviations: no point of one cluster is nearer to another's center.
    assert distances[distances > 0].min() > 8 * 15


def test_blobs_in_more_dimensions(load: Load) -> None:
    assert Blobs(dimensions=5, centers=4).outline() == Outline((5,), 4)
    assert load(Blobs(dimensions=5, centers=4)).train.inputs.shape[1:] == (5,)
    assert Blobs(centers=((0.0,), (1.0,))).outline() == Outline((1,), 2)


def test_moons_without_noise_are_half_circles(load: Load) -> None:
    x, labels = points(load(Moons(noise=0)))
    upper, lower = x[labels == 0], x[labels == 1]
    assert np.allclose(np.hypot(*upper.T), 1, atol=1e-6)
    assert (upper[:, 1] >= -1e-6).all()
    assert np.allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, atol=1e-6)
    assert (lower[:, 1] <= 0.5 + 1e-6).all()


def test_circles_without_noise_have_their_radii(load: Load) -> None:
    x, labels = points(load(Circles(noise=0, factor=0.3)))
    assert np.allclose(np.hypot(*x.T), np.where(labels == 0, 1, 0.3), atol=1e-6)


def test_spirals_without_noise_wind_from_the_middle(load: Load) -> None:
    x, labels = points(load(Spirals(arms=3, turns=1.5, noise=0)))
    radius = np.hypot(*x.T)
    turned = np.angle((x[:, 0] + 1j * x[:, 1]) * np.exp(-2j * np.pi * (1.5 * radius + labels / 3)))
    assert np.abs(turned[radius > 0.01]).max() < 1e-4
    assert radius.max() <= 1


def test_xor_is_its_four_corners_to_train_on_and_to_test_with(load: Load) -> None:
    dataset = load(Xor())
    assert list(dataset.splits) == ["train", "test"]
    for split in dataset.splits.values():
        assert split.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert split.targets.tolist() == [0, 1, 1, 0]


def test_xor_with_noise_draws_every_split_afresh(load: Load) -> None:
    dataset = load(Xor(samples=400, noise=0.1, validation=0.25, test=40))
    assert {name: len(split) for name, split in dataset.splits.items()} == {
        "train": 400,
        "validation": 100,
        "test": 40,
    }
    x, labels = points(dataset)
    corners = np.round(np.clip(x, 0, 1))
    assert (corners.sum(axis=1) % 2 == labels).mean() > 0.999
    assert 0.09 < (x - corners).std() < 0.11


@pytest.mark.parametrize(
    ("part", "options"),
    [
        (Blobs, {"centers": 1}),
        (Blobs, {"centers": [[1, 2]]}),
        (Blobs, {"centers": [[1, 2], [3]]}),
        (Blobs, {"centers": [[], []]}),
        (Blobs, {"centers": [["a"], ["b"]]}),
        (Blobs, {"centers": ((0.0, 0.0), (1.0, 1.0)), "dimensions": 3}),
        (Blobs, {"box": [500, 0]}),
        (Blobs, {"spread": -1.0}),
        (Blobs, {"samples": 0}),
        (Blobs, {"classes": ("red", "green")}),
        (Moons, {"noise": -0.1}),
        (Circles, {"factor": 1.0}),
        (Spirals, {"arms": 1}),
        (Spirals, {"classes": ("a", "b", "c")}),
        (Xor, {"classes": ("a", "b", "c")}),
        (Xor, {"test": 1.5}),
    ],
)
def test_options_that_make_no_sense_are_refused(part: type[Loader], options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        part.model_validate(options)
