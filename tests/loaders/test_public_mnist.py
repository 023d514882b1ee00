"""mnist and fashion_mnist, on the real data."""

import gzip
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.extend import Dataset, Outline
from nnspec.parts.loaders.fashion_mnist import FashionMnist
from nnspec.parts.loaders.mnist import Mnist

MNIST = Path(__file__).parents[2] / "datasets" / "mnist"
FASHION = Path("/usr/share/datasets/fashion-mnist")
PUBLISHED_COUNTS = {
    # Samples of each digit, as published for training and test set.
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}


def sources() -> Sources:
    return Sources(MNIST.parents[1] / "specs", np.random.default_rng(0), offline=True)


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    """MNIST with the textbooks' validation split."""
    return Mnist(validation=10000).load(sources())


def content(folder: Path, name: str) -> bytes:
    return gzip.decompress((folder / f"{name}.gz").read_bytes())


def test_images_and_labels_are_the_bytes_behind_the_headers(mnist: Dataset) -> None:
    """An independent parse: skip 16 or 8 bytes, the rest is the data in order."""
    for split, name in (("train", "train"), ("test", "t10k")):
        images = np.frombuffer(content(MNIST, f"{name}-images-idx3-ubyte")[16:], np.uint8)
        labels = list(content(MNIST, f"{name}-labels-idx1-ubyte")[8:])
        part = mnist.splits[split]  # type: ignore[index]
        assert part.inputs.dtype == np.uint8
        assert part.inputs.shape[1:] == (1, 28, 28)
        assert (part.inputs.reshape(-1) == images[: part.inputs.size]).all()
        assert part.targets.tolist() == labels[: len(part)]


def test_validation_is_the_last_of_the_training_file(mnist: Dataset) -> None:
    assert {name: len(split) for name, split in mnist.splits.items()} == {
        "train": 50000,
        "validation": 10000,
        "test": 10000,
    }
    assert mnist.validation is not None
    assert mnist.validation.targets.tolist() == list(content(MNIST, "train-labels-idx1-ubyte")[-10000:])


def test_each_digit_comes_as_often_as_published(mnist: Dataset) -> None:
    assert mnist.validation is not None
    assert mnist.test is not None
    train = np.concatenate([mnist.train.targets, mnist.validation.targets])
    assert np.bincount(train).tolist() == PUBLISHED_COUNTS["train"]
    assert np.bincount(mnist.test.targets).tolist() == PUBLISHED_COUNTS["test"]


def test_what_was_read_is_listed_with_the_hash_of_its_content(mnist: Dataset) -> None:
    for file in mnist.files:
        assert file.sha256 == hashlib.sha256(content(MNIST, file.name)).hexdigest()
    assert [file.name for file in mnist.files] == [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ]


def test_the_outline_is_known_before_anything_is_read(mnist: Dataset) -> None:
    assert Mnist().outline() == Outline((1, 28, 28), 10, tuple("0123456789"))
    assert FashionMnist().outline() == Outline((1, 28, 28), 10, FashionMnist.names)
    assert mnist.classes == tuple("0123456789")


def test_a_limit_keeps_the_first_training_samples_and_leaves_the_test_alone(mnist: Dataset) -> None:
    limited = Mnist(validation=0.1, limit=1000).load(sources())
    assert {name: len(split) for name, split in limited.splits.items()} == {
        "train": 1000,
        "validation": 6000,
        "test": 10000,
    }
    assert (limited.train.inputs == mnist.train.inputs[:1000]).all()


def test_setting_aside_everything_is_an_error() -> None:
    with pytest.raises(DataError, match="of 60000 samples, setting aside 60000 for validation"):
        Mnist(validation=60000).load(sources())


def test_plain_files_are_the_same_data(tmp_path: Path, mnist: Dataset) -> None:
    for name in (file.name for file in mnist.files):
        (tmp_path / name).write_bytes(content(MNIST, name))
    plain = Mnist(root=str(tmp_path)).load(sources())
    assert plain.files == mnist.files
    assert (plain.train.inputs[:50000] == mnist.train.inputs).all()


def test_a_found_file_with_another_content_is_an_error_not_passed_over(tmp_path: Path) -> None:
    shutil.copytree(MNIST, tmp_path / "mnist")
    path = tmp_path / "mnist" / "train-labels-idx1-ubyte.gz"
    changed = bytearray(content(MNIST, "train-labels-idx1-ubyte"))
    changed[8] ^= 1
    path.write_bytes(gzip.compress(changed))
    with pytest.raises(DataError) as caught:
        Mnist(root=str(tmp_path / "mnist")).load(sources())
    for words in (str(path), Mnist.remote[1].content_sha256, hashlib.sha256(changed).hexdigest(), "remove it"):
        assert words in str(caught.value)


def test_swapped_files_are_recognized(tmp_path: Path) -> None:
    shutil.copytree(MNIST, tmp_path / "mnist")
    shutil.copy(MNIST / "train-labels-idx1-ubyte.gz", tmp_path / "mnist" / "train-images-idx3-ubyte.gz")
    with pytest.raises(DataError, match=r"holds labels \(magic 2049\) where images \(magic 2051\) were expected"):
        Mnist(root=str(tmp_path / "mnist")).load(sources())


@pytest.mark.skipif(not FASHION.is_dir(), reason="the package dataset-fashion-mnist is not installed")
def test_fashion_mnist_is_found_where_the_package_puts_it() -> None:
    dataset = FashionMnist(validation=10000).load(sources())
    images = np.frombuffer(content(FASHION, "t10k-images-idx3-ubyte")[16:], np.uint8)
    assert dataset.test is not None
    assert (dataset.test.inputs.reshape(-1) == images).all()
    assert dataset.test.targets.tolist() == list(content(FASHION, "t10k-labels-idx1-ubyte")[8:])
    assert len(dataset.train) == 50000
    assert dataset.classes is not None
    assert dataset.classes[dataset.train.targets[0]] == "Ankle boot"
    assert np.bincount(dataset.test.targets).tolist() == [1000] * 10


def test_a_stratified_validation_split_has_every_digit_in_proportion(mnist: Dataset) -> None:
    drawn = Mnist(validation=10000, stratified=True).load(sources())
    assert drawn.validation is not None
    assert mnist.validation is not None
    counts = np.bincount(drawn.validation.targets)
    assert np.abs(counts - np.array(PUBLISHED_COUNTS["train"]) / 6).max() <= 2
    assert np.abs(np.bincount(mnist.validation.targets) - counts).max() > 10
