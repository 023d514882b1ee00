"""idx: arrays in IDX files, the format of MNIST and its relatives, gzipped or plain.

    dataset:
      idx:
        train_images: data/letters-train-images.gz
        train_labels: data/letters-train-labels.gz
        test_images: data/letters-test-images.gz
        test_labels: data/letters-test-labels.gz
        validation: 0.1

images (samples, height, width) -> inputs (samples, 1, height, width);  bytes stay bytes, floats are float32

The validation split is the last samples of the training files; with `stratified` it is drawn at random, of each
class in proportion. Without test files, `test` draws a test split that way, and `validation` likewise.
Images that stay in their file, because it is large or `in_memory` is false, are read batch by batch, as in `npy`.
"""

from typing import Annotated

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.extend import DataError, Dataset, Field, Loader, Outline, Source, SourceFile, Split
from nnspec.parts.loaders._idx import images_stretch, read_images, read_labels
from nnspec.parts.loaders._mapped import InMemory, mapped, stays
from nnspec.parts.loaders._split import TestShare, ValidationShare, assemble, drawn, last
from nnspec.parts.loaders._targets import ClassNames, numbered


class Idx(Loader):
    """Files of images and of labels, as many of the one as of the other."""

    train_images: Annotated[str, Field(description="IDX file of samples to train on")]
    train_labels: Annotated[str, Field(description="IDX file of their classes")]
    test_images: Annotated[str | None, Field(description="IDX file of samples to test with")] = None
    test_labels: Annotated[str | None, Field(description="IDX file of their classes")] = None
    validation: ValidationShare = 0
    test: TestShare = 0
    stratified: Annotated[
        bool,
        Field(description="draw the validation samples at random, of each class in proportion, not the last ones"),
    ] = False
    classes: ClassNames = None
    in_memory: InMemory = None

    @model_validator(mode="after")
    def _consistent(self) -> "Idx":
        if (self.test_images is None) != (self.test_labels is None):
            raise PydanticCustomError("test_files", "give both `test_images` and `test_labels`, or neither")
        if self.test_images is not None and self.test:
            raise PydanticCustomError("two_tests", "give test files or `test`, not both: each makes a test split")
        return self

    def outline(self) -> Outline:
        return Outline(classes=len(self.classes) if self.classes else None, names=self.classes)

    def load(self, source: Source) -> Dataset:
        known = len(self.classes) if self.classes else None
        train, files = self._pair(source, self.train_images, self.train_labels, known)
        classes = self.classes or numbered(train.targets, source.path(self.train_labels))
        if self.test or self.stratified:
            splits = drawn(train, self.validation, self.test, source.random, stratified=True)
        else:
            splits = last(train, self.validation)
        if self.test_images is not None and self.test_labels is not None:
            splits["test"], test_files = self._pair(source, self.test_images, self.test_labels, len(classes))
            files += test_files
            if splits["test"].inputs.shape[1:] != train.inputs.shape[1:]:
                raise DataError(
                    f"`{self.test_images}` holds samples of another shape than `{self.train_images}`: "
                    f"{splits['test'].inputs.shape[1:]}, not {train.inputs.shape[1:]}"
                )
        return assemble(splits, classes, files)

    def _pair(
        self, source: Source, images: str, labels: str, classes: int | None
    ) -> tuple[Split, tuple[SourceFile, ...]]:
        path = source.path(images)
        if stays([path], self.in_memory):
            stored, inputs_files = mapped([images_stretch(path)])
            inputs = stored.values
        else:
            inputs, inputs_file = read_images(path)
            inputs_files = (inputs_file,)
        targets, targets_file = read_labels(source.path(labels), len(inputs), classes)
        return Split(inputs, targets), (*inputs_files, targets_file)
