"""image_folder: pictures in folders, a folder a class.

    dataset:
      image_folder: {path: data/letters, size: 28, test: 0.2}
    dataset:
      image_folder: {path: data/birds, size: [64, 48], color: rgb, validation: 0.1}

path/<class>/<picture>, or path/train/<class>/<picture> with `test` and `validation` (or `val`) beside `train`
inputs (samples, 1, height, width) grey, or (samples, 3, height, width) red, green, blue; bytes

Pictures are resized to `size` (a number for squares, or height and width) without regard to their proportions;
transparent parts count as white. Without `size` all must have one size.
"""

import hashlib
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from PIL import Image
from pydantic import WithJsonSchema
from pydantic_core import PydanticCustomError

from nnspec.extend import (
    LIMIT,
    Array,
    Content,
    DataError,
    Dataset,
    Field,
    Loader,
    Outline,
    Source,
    SourceFile,
    Split,
    SplitName,
    decided_by,
    open_picture,
    shape_text,
)
from nnspec.parts.loaders._split import Stratified, TestShare, ValidationShare, assemble, drawn
from nnspec.parts.loaders._targets import in_order

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
SPLITS: dict[str, SplitName] = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
CHANNELS = {"grey": 1, "rgb": 3}
WIDEST = 4096


def _size(value: object) -> tuple[int, int]:
    # One validator instead of a union, so that a problem keeps the option's own location.
    sides = [value, value] if isinstance(value, int) else value
    if isinstance(sides, (list, tuple)) and len(sides) == 2:
        height, width = sides
        whole = type(height) is int and type(width) is int
        if whole and 0 < height <= WIDEST and 0 < width <= WIDEST:
            return height, width
    raise PydanticCustomError(
        "size", "expected pixels of a side, or [height, width], each up to {most}", {"most": WIDEST}
    )


_SIDE = {"type": "integer", "minimum": 1, "maximum": WIDEST}
_SIDES = {"anyOf": [_SIDE, {"type": "array", "items": _SIDE, "minItems": 2, "maxItems": 2}]}
Size = Annotated[tuple[int, int], decided_by(_size), WithJsonSchema(_SIDES)]


class ImageFolder(Loader):
    """A class has the name of its folder; files that are no pictures by their names are passed over."""

    primary: ClassVar[str | None] = "path"

    path: Annotated[str, Field(description="the folder that holds a folder for each class")]
    size: Annotated[Size | None, Field(description="pixels to resize to: 28, or [height, width]")] = None
    color: Annotated[Literal["grey", "rgb"], Field(description="one channel, or three")] = "grey"
    validation: ValidationShare = 0
    test: TestShare = 0
    stratified: Stratified = True

    def outline(self) -> Outline:
        return Outline(None if self.size is None else (CHANNELS[self.color], *self.size))

    def load(self, source: Source) -> Dataset:
        root = source.path(self.path)
        folders = _split_folders(root)
        for name, share in (("validation", self.validation), ("test", self.test)):
            if share and name in folders:
                raise DataError(f"has a folder for {name} already: leave the option `{name}` out", root)
        classes = in_order(folder.name for folder in _subfolders(folders["train"]))
        if len(classes) < 2:
            raise DataError("expected a folder for each class, two at least", folders["train"])
        digest = hashlib.sha256()
        splits: dict[SplitName, Split] = {}
        for name, folder in folders.items():
            splits[name] = self._read(list(_pictures(folder, classes)), root, digest)
            if splits[name].inputs.shape[1:] != splits["train"].inputs.shape[1:]:
                raise DataError("holds pictures of another size than those to train on: give a `size`", folder)
        whole = splits["train"]
        splits |= drawn(whole, self.validation, self.test, source.random, stratified=self.stratified)
        return assemble(splits, classes, (SourceFile(root.name, digest.hexdigest()),))

    def _read(self, pictures: list[tuple[Path, int]], root: Path, digest: "hashlib._Hash") -> Split:
        """The pictures as arrays; their names and hashes go into the digest as `sha256sum` would list them."""
        inputs = np.empty(0, np.uint8)
        for row, (path, _) in enumerate(pictures):
            with Content(path) as content:
                data = content.rest()
            digest.update(f"{content.sha256}  {path.relative_to(root).as_posix()}\n".encode())
            pixels = _pixels(path, data, self.color, self.size)
            if row == 0:
                inputs = _room((len(pictures), *pixels.shape), root)
            if pixels.shape != inputs.shape[1:]:
                raise DataError(
                    f"is {shape_text(pixels.shape[1:])} pixels, the first picture is "
                    f"{shape_text(inputs.shape[2:])}: say to which `size` to bring them all",
                    path,
                )
            inputs[row] = pixels
        return Split(inputs, np.array([label for _, label in pictures], np.int64))


def _room(shape: tuple[int, ...], root: Path) -> Array:
    if prod(shape) > LIMIT:
        raise DataError(f"{shape[0]} pictures of {shape_text(shape[1:])} bytes are too much: give a `size`", root)
    return np.empty(shape, np.uint8)


def _split_folders(root: Path) -> Mapping[SplitName, Path]:
    if not root.is_dir():
        raise DataError("is no folder", root)
    if not (root / "train").is_dir() or not list(_subfolders(root / "train")):
        return {"train": root}
    return {split: root / name for name, split in SPLITS.items() if (root / name).is_dir()}


def _subfolders(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith("."))


def _pictures(folder: Path, classes: tuple[str, ...]) -> Iterator[tuple[Path, int]]:
    """The pictures of a split with their class numbers, class by class, by name within a class."""
    subfolders = list(_subfolders(folder))
    if not subfolders:
        raise DataError("expected a folder for each class", folder)
    for subfolder in subfolders:
        if subfolder.name not in classes:
            raise DataError(f"is none of the classes to train on: {', '.join(classes)}", subfolder)
        found = [
            path
            for path in sorted(subfolder.iterdir())
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
        ]
        if not found:
            raise DataError("holds no pictures", subfolder)
        for path in found:
            yield path, classes.index(subfolder.name)


def _pixels(path: Path, data: bytearray, color: str, size: tuple[int, int] | None) -> Array:
    """A picture as (channels, height, width)."""
    image = _flat(open_picture(data, path)).convert("L" if color == "grey" else "RGB")
    if size is not None and image.size != size[::-1]:
        image = image.resize(size[::-1], Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    return pixels[np.newaxis] if color == "grey" else np.moveaxis(pixels, -1, 0)


def _flat(image: Image.Image) -> Image.Image:
    """The picture without transparency, and with 8 bits a channel."""
    if image.mode.startswith("I"):
        # Grey of 16 bits; Pillow's own conversion would clip all but the darkest to white.
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if not image.has_transparency_data:
        return image
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image.convert("RGBA"))
