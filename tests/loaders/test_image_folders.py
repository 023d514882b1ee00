"""image_folder: pictures of all kinds, in folders of classes."""

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from nnspec.data import Sources
from nnspec.errors import DataError
from nnspec.extend import Outline
from nnspec.parts.loaders.image_folder import ImageFolder

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOURED = np.stack([GREY, 255 - GREY, GREY // 2], axis=-1)


def save(path: Path, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, of two pictures and of one, and things that are no pictures."""
    save(tmp_path / "p" / "b" / "2.png", GREY + 1)
    save(tmp_path / "p" / "b" / "1.png", GREY)
    save(tmp_path / "p" / "a" / "x.PNG", GREY + 2)
    (tmp_path / "p" / "a" / "notes.txt").write_text("no picture")
    (tmp_path / "p" / "a" / "._x.png").write_text("what some systems leave behind")
    (tmp_path / "p" / ".hidden").mkdir()
    return tmp_path / "p"


@pytest.mark.usefixtures("folder")
def test_a_folder_is_a_class_and_pictures_come_by_name(source: Sources) -> None:
    dataset = ImageFolder(path="p").load(source)
    assert dataset.classes == ("a", "b")
    assert dataset.train.inputs.dtype == np.uint8
    assert dataset.train.inputs.tolist() == [[(GREY + 2).tolist()], [GREY.tolist()], [(GREY + 1).tolist()]]
    assert dataset.train.targets.tolist() == [0, 1, 1]


def test_the_hash_is_that_of_the_list_that_sha256sum_prints(folder: Path, source: Sources) -> None:
    (file,) = ImageFolder(path="p").load(source).files
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("a/x.PNG", "b/1.png", "b/2.png")
    ]
    assert file.name == "p"
    assert file.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_folders_named_after_splits_are_splits(tmp_path: Path, source: Sources) -> None:
    for split, count in (("train", 4), ("val", 2), ("test", 1)):
        for name in "ab":
            for number in range(count):
                save(tmp_path / "p" / split / name / f"{number}.png", GREY)
    dataset = ImageFolder(path="p").load(source)
    assert {name: len(part) for name, part in dataset.splits.items()} == {"train": 8, "validation": 4, "test": 2}
    with pytest.raises(DataError, match="has a folder for test already"):
        ImageFolder(path="p", test=1).load(source)
    save(tmp_path / "p" / "test" / "c" / "0.png", GREY)
    with pytest.raises(DataError, match="is none of the classes to train on: a, b"):
        ImageFolder(path="p").load(source)


def test_a_class_may_be_called_train(tmp_path: Path, source: Sources) -> None:
    for name in ("car", "train"):
        save(tmp_path / "p" / name / "0.png", GREY)
    assert ImageFolder(path="p").load(source).classes == ("car", "train")


def test_pictures_are_brought_to_one_size(tmp_path: Path, source: Sources) -> None:
    save(tmp_path / "p" / "a" / "0.png", np.full((9, 5), 70, np.uint8))
    save(tmp_path / "p" / "b" / "0.png", np.full((30, 40), 200, np.uint8))
    inputs = ImageFolder(path="p", size=[6, 8]).load(source).train.inputs  # type: ignore[arg-type]
    assert inputs.shape == (2, 1, 6, 8)
    assert (inputs[0] == 70).all()
    assert (inputs[1] == 200).all()
    with pytest.raises(
        DataError, match=r"0\.png: is 30 x 40 pixels, the first picture is 9 x 5: say to which `size`"
    ):
        ImageFolder(path="p").load(source)


def test_colours_are_channels_first(tmp_path: Path, source: Sources) -> None:
    for name in "ab":
        save(tmp_path / "p" / name / "0.png", COLOURED)
    inputs = ImageFolder(path="p", color="rgb").load(source).train.inputs
    assert inputs.shape == (2, 3, 3, 4)
    assert (inputs[0] == COLOURED.transpose(2, 0, 1)).all()
    grey = ImageFolder(path="p").load(source).train.inputs[0, 0]
    luma = COLOURED @ [0.299, 0.587, 0.114]
    assert np.abs(grey - luma).max() <= 1


def read_one(tmp_path: Path, source: Sources, **options: Any) -> Any:
    save(tmp_path / "p" / "b" / "0.png", np.zeros((3, 4), np.uint8))
    return ImageFolder(path="p", size=[3, 4], **options).load(source).train.inputs[0]  # type: ignore[arg-type]


def test_transparent_parts_count_as_white(tmp_path: Path, source: Sources) -> None:
    pixels = np.zeros((3, 4, 4), np.uint8)
    pixels[1, 2, 3] = 255
    save(tmp_path / "p" / "a" / "0.png", pixels)
    expected = np.full((3, 4), 255)
    expected[1, 2] = 0
    assert (read_one(tmp_path, source)[0] == expected).all()


def test_grey_of_16_bits_keeps_its_shades(tmp_path: Path, source: Sources) -> None:
    save(tmp_path / "p" / "a" / "0.png", GREY.astype(np.uint16) * 257)
    assert (read_one(tmp_path, source)[0] == GREY).all()


def test_pictures_stand_upright_as_their_camera_noted(tmp_path: Path, source: Sources) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    save(tmp_path / "p" / "a" / "0.png", GREY, exif=exif)
    assert (read_one(tmp_path, source)[0] == GREY[::-1, ::-1]).all()


def test_palettes_and_single_bits_are_read(tmp_path: Path, source: Sources) -> None:
    bits = (GREY > 100).astype(np.uint8) * 255
    save(tmp_path / "p" / "a" / "0.png", bits, mode="1")
    assert (read_one(tmp_path, source)[0] == bits).all()
    save(tmp_path / "p" / "a" / "0.png", bits, mode="P")
    assert (read_one(tmp_path, source)[0] == bits).all()


@pytest.mark.parametrize("kept", [0, 10, 45, -30])
def test_a_damaged_picture_is_named(folder: Path, source: Sources, kept: int) -> None:
    path = folder / "b" / "2.png"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"2\.png: is (no PNG or JPEG|a damaged) picture"):
        ImageFolder(path="p").load(source)


def test_a_text_that_calls_itself_png_is_an_error(folder: Path, source: Sources) -> None:
    (folder / "b" / "3.png").write_text("I am a picture")
    with pytest.raises(DataError, match=r"3\.png: is no PNG or JPEG picture"):
        ImageFolder(path="p").load(source)


@pytest.mark.usefixtures("folder")
def test_a_picture_that_unpacks_to_a_giant_is_refused(source: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnspec.files.pictures.MOST_PIXELS", 10)
    with (
        warnings.catch_warnings(record=True) as shown,
        pytest.raises(DataError, match="is a picture of 4 x 3 with more than 10 pixels"),
    ):
        ImageFolder(path="p").load(source)
    assert shown == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: p.mkdir(), "expected a folder for each class"),
        (lambda p: (p / "a").mkdir(parents=True), "expected a folder for each class, two at least"),
        (lambda p: [(p / name).mkdir(parents=True) for name in "ab"], "holds no pictures"),
        (lambda p: p.write_text("a file"), "is no folder"),
        (lambda _: None, "no such file"),
    ],
)
def test_folders_without_pictures_are_errors(tmp_path: Path, source: Sources, make: Any, message: str) -> None:
    make(tmp_path / "p")
    with pytest.raises(DataError, match=message):
        ImageFolder(path=str(tmp_path / "p")).load(source)


@pytest.mark.parametrize("size", [0, -1, [3], [3, 4, 5], "big", 1.5, True, [2, 100_000]])
def test_a_size_is_a_number_or_two(size: Any) -> None:
    with pytest.raises(ValidationError, match="pixels of a side"):
        ImageFolder(path="p", size=size)


def test_the_outline_is_known_once_a_size_is_given() -> None:
    assert ImageFolder(path="p").outline() == Outline()
    assert ImageFolder(path="p", size=28, color="rgb").outline() == Outline((3, 28, 28))  # type: ignore[arg-type]
