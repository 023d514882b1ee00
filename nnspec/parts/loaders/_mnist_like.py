"""What MNIST and the data sets made in its image share: four IDX files, 70,000 grey images of 28 x 28."""

from typing import Annotated, ClassVar

from nnspec.extend import Dataset, Field, Loader, Outline, PositiveInt, RemoteFile, Source, Split
from nnspec.parts.loaders._split import ValidationShare, drawn, last

LENGTHS = {
    "train-images-idx3-ubyte.gz": 47040016,
    "train-labels-idx1-ubyte.gz": 60008,
    "t10k-images-idx3-ubyte.gz": 7840016,
    "t10k-labels-idx1-ubyte.gz": 10008,
}


def four_files(hashes: tuple[str, str, str, str], mirrors: tuple[str, ...]) -> tuple[RemoteFile, ...]:
    """The four public files: images and labels to train on, images and labels to test with."""
    return tuple(
        RemoteFile(name, sha256, mirrors, length)
        for (name, length), sha256 in zip(LENGTHS.items(), hashes, strict=True)
    )


class MnistLike(Loader):
    """The last samples of the training file become the validation split; the test files are the test split.

    With `stratified`, the validation split is drawn at random instead, of each class in proportion.
    """

    names: ClassVar[tuple[str, ...]] = ()
    """Names of the classes."""

    validation: ValidationShare = 0
    stratified: Annotated[
        bool,
        Field(description="draw the validation samples at random, of each class in proportion, not the last ones"),
    ] = False
    limit: Annotated[
        PositiveInt | None,
        Field(description="train on this many samples only, the first ones; for trials"),
    ] = None
    root: Annotated[
        str | None, Field(description="folder that holds the four files; by default they are sought and fetched")
    ] = None

    def outline(self) -> Outline:
        return Outline((1, 28, 28), len(self.names), self.names)

    def load(self, source: Source) -> Dataset:
        # Not at the top: a spec is checked before its data is read, and often only checked.
        from nnspec.parts.loaders._idx import read_images, read_labels

        paths = source.files(self.folder or "", self.remote, self.root)
        hashes = [file.content_sha256 for file in self.remote]
        splits, files = [], []
        for images_at, labels_at in ((0, 1), (2, 3)):
            images, images_file = read_images(paths[images_at], hashes[images_at])
            labels, labels_file = read_labels(paths[labels_at], len(images), len(self.names), hashes[labels_at])
            splits.append(Split(images, labels))
            files += [images_file, labels_file]
        if self.stratified:
            divided = drawn(splits[0], self.validation, 0, source.random, stratified=True)
        else:
            divided = last(splits[0], self.validation)
        train = divided["train"]
        return Dataset(
            train=Split(train.inputs[: self.limit], train.targets[: self.limit]),
            validation=divided.get("validation"),
            test=splits[1],
            classes=self.names,
            files=tuple(files),
        )
