"""The kit catches mistakes in metrics, transforms and loaders, and says which it was."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import pytest

from nnspec.extend import (
    Array,
    Content,
    Context,
    DataError,
    Dataset,
    Field,
    Loader,
    Metric,
    Outline,
    Shape,
    Source,
    SourceFile,
    Split,
    Transform,
    Value,
)
from nnspec.parts.metrics.accuracy import Accuracy
from nnspec.parts.transforms.scale import Scale
from nnspec.parts.transforms.standardize import Standardize
from nnspec.testing import (
    ContractError,
    check_loader,
    check_metric,
    check_transform,
)


class Averaging(Accuracy):
    def measure(self, y: Array, t: Array) -> Array:
        total = super().measure(y, t)
        return np.asarray(total / total[1])


class AcrossOutputs(Accuracy):
    """The most probable sample of each class, in place of the most probable class of each sample."""

    def measure(self, y: Array, t: Array) -> Array:
        return np.array([(y.argmax(axis=-1) == t.argmax(axis=-1)).sum(), y.shape[-1]], np.float64)


class PerSample(Accuracy):
    def measure(self, y: Array, t: Array) -> Array:
        return np.asarray((y.argmax(axis=0) == t.argmax(axis=0)).astype(np.float64))


class Truncating(Accuracy):
    def measure(self, y: Array, t: Array) -> Array:
        return super().measure(y, t).astype(np.float32)


class NotPlain(Accuracy):
    def result(self, total: Array) -> Value:
        return np.float64(0.5)


class Endless(Accuracy):
    def result(self, total: Array) -> Value:
        return float("nan")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Averaging, "any cut into batches(.|\n)*: 1.2.*, expected 0.25. Likely mistake: a mean over the batch"),
        (AcrossOutputs, "any cut into batches(.|\n)*along another axis than the last"),
        (PerSample, "partial sums are of a fixed shape"),
        (Truncating, "float64 array"),
        (NotPlain, "a Python float"),
        (Endless, "written as JSON"),
    ],
)
def test_a_metric_with_a_mistake_is_caught(kind: type[Metric], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_metric(kind())


class PerBatch(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        return np.asarray(x / np.abs(x).max(), dtype=ctx.dtype)


class InPlace(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        np.divide(x, 2, out=x, casting="unsafe")
        return x.astype(ctx.dtype)


class Lying(Scale):
    def shape(self, shape: Shape) -> Shape:
        return (2, *shape)


class MeanOfMeans(Standardize):
    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        means = [batch.mean(axis=-1, keepdims=True) for batch in batches]
        return {"mean": np.mean(means, axis=0), "inverse": np.ones(means[0].shape)}


class AlwaysNoisy(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        return np.asarray(x + ctx.random.standard_normal(x.shape), ctx.dtype)


class OfItsOwn(Scale):
    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        noise = np.random.default_rng().standard_normal(x.shape) if ctx.training else 0
        return np.asarray(x + noise, ctx.dtype)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (PerBatch, "rest of its batch"),
        (InPlace, "inputs are read-only"),
        (Lying, "the result has the stated shape"),
        (MeanOfMeans, "how the data is cut into batches"),
        (AlwaysNoisy, "outside training nothing is drawn"),
        (OfItsOwn, "does not depend on the batches before it"),
    ],
)
def test_a_transform_with_a_mistake_is_caught(kind: type[Transform], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_transform(kind())


ROWS, LABELS = np.arange(12.0, dtype=np.float32).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])
CLASSES = ("a", "b", "c")


class Made(Loader):
    """Rows that are right as they are; what is derived from it gets one thing wrong."""

    made: ClassVar[bool] = True

    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS, LABELS), classes=CLASSES)


class FromOne(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS, LABELS + 1), classes=CLASSES)


class SamplesLast(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS.T, LABELS), classes=CLASSES)


class Holes(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(np.where(ROWS == 3, np.nan, ROWS), LABELS), classes=CLASSES)


class OtherTestShape(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS, LABELS), test=Split(ROWS[:, :1], LABELS), classes=CLASSES)


class ColumnOfTargets(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS, ROWS[:, 0]))


class PromisesMore(Made):
    def outline(self) -> Outline:
        return Outline(shape=(3,))


class Shuffles(Made):
    def load(self, source: Source) -> Dataset:
        order = np.random.default_rng().permutation(600) % 6
        return Dataset(Split(ROWS[order], LABELS[order]), classes=CLASSES)


class ShufflesGlobally(Made):
    def load(self, source: Source) -> Dataset:
        order = np.random.permutation(6)  # noqa: NPY002 -- the mistake
        return Dataset(Split(ROWS[order], LABELS[order]), classes=CLASSES)


class FewNames(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS, LABELS), classes=CLASSES, features=("left",))


class Text(Made):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(ROWS, np.array(list("abcabc"))), classes=CLASSES)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FromOne, "from 1 to 3, names: 3. Likely mistake: from 1"),
        (SamplesLast, r"samples lie along the first axis.*\n.*inputs \(2, 6\), targets \(6,\)"),
        (Holes, "train: inputs hold NaN"),
        (OtherTestShape, "all splits have samples of one shape"),
        (ColumnOfTargets, "targets that are no classes are rows of floats"),
        (PromisesMore, r"shape: \(3,\), the data has \(2,\)"),
        (Shuffles, "the same options, files and generator give the same data"),
        (ShufflesGlobally, "NumPy's global generator has moved"),
        (FewNames, "1 names for samples of shape"),
        (Text, "targets are <U1"),
    ],
)
def test_a_loader_with_a_mistake_is_caught(kind: type[Made], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        check_loader(kind())


def test_a_correct_loader_hands_its_data_back() -> None:
    assert check_loader(Made()).classes == CLASSES


class Reads(Loader):
    """Six rows of a file."""

    path: Annotated[str, Field(description="the file")] = "rows.npy"

    def load(self, source: Source) -> Dataset:
        path = source.path(self.path)
        with Content(path) as content:
            content.skip()
            files = (content.file,)
        return Dataset(Split(np.load(path), LABELS), classes=CLASSES, files=files)


class Unlisted(Reads):
    def load(self, source: Source) -> Dataset:
        return Dataset(Split(np.load(source.path(self.path)), LABELS), classes=CLASSES)


class WithFolders(Reads):
    def load(self, source: Source) -> Dataset:
        data = super().load(source)
        path = source.path(self.path)
        return replace(data, files=(SourceFile(str(path), data.files[0].sha256),))


class GoesAround(Reads):
    """Does not ask the source, so that a spec's folder means nothing."""

    def load(self, source: Source) -> Dataset:
        try:
            return super().load(source)
        except DataError:
            return Made().load(source)


def test_a_loader_that_reads_a_file_passes(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    assert check_loader(Reads(), tmp_path).files[0].name == "rows.npy"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Unlisted, "asked for rows.npy, lists nothing"),
        (WithFolders, "listed by its name and the SHA-256"),
        (GoesAround, "a file that is not there is a DataError"),
    ],
)
def test_a_loader_of_files_with_a_mistake_is_caught(kind: type[Reads], said: str, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(ContractError, match=said):
        check_loader(kind(), tmp_path)


class LearnsInPlace(Standardize):
    """What it learns is kept on the class, and what it returns is decoration."""

    def fit(self, batches: Iterable[Array]) -> dict[str, Array]:
        kept = super().fit(batches)
        object.__setattr__(self, "_own", kept)
        return kept

    def apply(self, x: Array, fitted: Mapping[str, Array], ctx: Context) -> Array:
        return super().apply(x, self.__dict__.get("_own", {"mean": np.zeros(1), "inverse": np.ones(1)}), ctx)


def test_a_transform_that_keeps_what_it_learned_to_itself_does_not_resume() -> None:
    with pytest.raises(ContractError, match="all that a checkpoint needs"):
        check_transform(LearnsInPlace())
