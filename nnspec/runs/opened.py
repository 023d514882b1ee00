"""A run that was trained, opened for use: prediction and evaluation."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.contracts.loader import Dataset, SplitName
from nnspec.engine.batches import Batches
from nnspec.engine.evaluation import EVALUATION_BATCH, Evaluation, evaluate
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.engine.threads import one_blas_thread
from nnspec.errors import DataError, PartWarning, RunFolderError, UsageError
from nnspec.registry import default_resolver
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.checkpoints import Checkpoints
from nnspec.runs.experiment import bind, load_data
from nnspec.runs.folder import FACTS, SPEC, RunFolder
from nnspec.runs.provenance import data_digest, plugin_changes
from nnspec.spec.checks import class_problems, input_problems
from nnspec.spec.specification import Spec, load
from nnspec.types import Array, Shape, shape_text, size

EVALUATED_FIRST: tuple[SplitName, ...] = ("test", "validation", "train")
"""Which split a question without one is about: the first of these that there is."""


@dataclass(frozen=True)
class Answer:
    """What a network says of one sample.

    Attributes:
        name: The class, by name.
        certainty: The output that says so; a probability where the outputs are such.
        runner_up: The class that came second.
        runner_up_certainty: Its output.
    """

    name: str
    certainty: float
    runner_up: str
    runner_up_certainty: float


@dataclass(frozen=True)
class Predictions:
    """What a network says of a batch.

    Attributes:
        outputs: (samples, outputs).
        classes: Names of the classes; None for a regression.
    """

    outputs: Array
    classes: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.outputs)

    def __iter__(self) -> Iterator[Answer]:
        """The answers, sample by sample.

        Raises:
            UsageError: The network was not trained on classes.
        """
        if self.classes is None:
            raise UsageError("this network was not trained on classes: read `outputs`")
        for row in self.scores:
            first, second = np.argsort(-row, kind="stable")[:2]
            yield Answer(self.classes[first], float(row[first]), self.classes[second], float(row[second]))

    @property
    def scores(self) -> Array:
        """One column a class, (samples, classes); a single output counts for the second of two classes."""
        if self.outputs.shape[1] == 1:
            return np.concatenate([1 - self.outputs, self.outputs], axis=1)
        return self.outputs

    @property
    def class_numbers(self) -> Array:
        """The class of each sample, numbered from 0, (samples,)."""
        return np.asarray(np.argmax(self.scores, axis=1))


class OpenedRun:
    """A trained network with all that belongs to it.

    Attributes:
        folder: The run folder.
        facts: What run.json says.
        spec: The resolved spec.
        pipeline: The transforms, as fitted in training.
        network: The network that the run stands for.
    """

    def __init__(self, path: str | Path, *, input_gradient: bool = False) -> None:
        """Opens a run folder.

        Args:
            path: The folder.
            input_gradient: Whether backward passes go all the way to the input.

        Raises:
            RunFolderError: There is no run there.
            DataError: Its checkpoint is damaged.
            SpecError: Its spec was changed and has problems.
            UsageError: A plugin that it was trained with is not installed.
        """
        self.folder = RunFolder.open(Path(path))
        self.facts: Mapping[str, Any] = self.folder.facts()
        if "folds" in self.facts:
            first = self.folder.path / "fold-1"
            raise UsageError(f"{self.folder.path}: holds a run for each fold; name one of them, such as {first}")
        trained_with = self.facts.get("plugins", {})
        self._require(trained_with)
        self.spec: Spec = load(self.folder.path / SPEC)
        for change in plugin_changes(trained_with, self.spec.plugins):
            warnings.warn(f"{path}: {change}: what it says may differ", PartWarning, 2)
        self.pipeline: Pipeline
        self.network: Network
        self.pipeline, self.network = bind(
            self.spec, Seeds(self.spec.document.seed), input_gradient=input_gradient
        )
        self._check_shapes()
        self._dataset: Dataset | None = None
        self.checkpoint = Checkpoint.load(Checkpoints(self.folder).path(self.facts["checkpoint"]))
        self.checkpoint.restore(self.network, self.pipeline)
        try:
            self.pipeline.check(np.zeros((1, *self.sample_shape)))
        except ValueError as error:
            raise self.checkpoint.misfit(error) from None

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of the classes, in the order of their numbers; None for a regression."""
        names = self.facts["dataset"]["classes"]
        return tuple(names) if names is not None else None

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What to call each of the things that a metric may tell apart: classes, labels or numbers."""
        named = self.classes or self.facts["dataset"].get("outcomes")
        return tuple(named or map(str, range(size(self.network.nodes[-1].output))))

    @property
    def sample_shape(self) -> Shape:
        """Shape of one sample as the data set has it: (1, 28, 28) for MNIST."""
        return tuple(self.facts["dataset"]["shape"])

    def predict(self, x: object) -> Predictions:
        """What the network says of samples.

        Args:
            x: Samples in the data set's own units (pixels from 0 to 255 for MNIST), (samples, *shape) or
                (samples, numbers); or a single sample.

        Raises:
            UsageError: The samples have another shape than those the network was trained on.
        """
        rows = self._rows(np.asarray(x))
        parts = []
        with one_blas_thread():
            for start in range(0, len(rows), EVALUATION_BATCH):
                y = self.network.forward(self.pipeline.apply(rows[start : start + EVALUATION_BATCH]))
                parts.append(self.pipeline.goal.restored(y).reshape(-1, y.shape[-1]).T.copy())
        outputs = np.concatenate(parts) if parts else np.empty((0, size(self.network.nodes[-1].output)))
        return Predictions(outputs, self.classes)

    def evaluate(self, split: SplitName | None = None, *, offline: bool = False) -> tuple[SplitName, Evaluation]:
        """Cost and metrics of a split of the run's data set.

        Args:
            split: Which; by default test, or validation where there is no test split.
            offline: Never download.

        Returns:
            The split's name and what it says.

        Raises:
            DataError: The data is missing, damaged, other than it was in training, or has no such split.
        """
        dataset = self.dataset(offline=offline)
        names = [name for name in EVALUATED_FIRST if name in dataset.splits]
        chosen = split or names[0]
        if chosen not in dataset.splits:
            raise DataError(f"the data has no {chosen} split; there are: {', '.join(names)}")
        output = self.network.nodes[-1].output
        batches = Batches(dataset.splits[chosen], self.pipeline, output, EVALUATION_BATCH)
        with one_blas_thread():
            return chosen, evaluate(self.network, batches, self.spec.metrics)

    def dataset(self, *, offline: bool = False) -> Dataset:
        """The data set the run was trained on, read or made again on the first call.

        Raises:
            DataError: It is missing, damaged, or other than it was in training.
        """
        if self._dataset is None:
            folder = Path(self.facts["spec_folder"])
            dataset = load_data(self.spec, Seeds(self.spec.document.seed), folder, offline=offline)
            expected, found = self.facts["dataset"]["sha256"], data_digest(dataset)
            if found != expected:
                raise DataError(
                    f"the data is not what {self.folder.path} was trained on: its SHA-256 was {expected[:12]}..., "
                    f"now it is {found[:12]}...; bring the old data back, or train again"
                )
            self._dataset = dataset
        return self._dataset

    def _require(self, plugins: Mapping[str, str]) -> None:
        catalogue = default_resolver().catalogue
        missing = [f"{name}=={version}" for name, version in plugins.items() if catalogue.version(name) is None]
        if missing:
            raise UsageError(
                f"{self.folder.path}: this run was trained with plugins that are not installed: "
                f"pip install {' '.join(missing)}"
            )

    def _check_shapes(self) -> None:
        """Whether run.json and the spec speak of the same samples and answers: either may have been changed."""
        document, output = self.spec.document, self.network.nodes[-1].output
        found = [*input_problems(document.transforms, document.input, self.sample_shape, self.spec.problem)]
        if self.classes is not None:
            found += class_problems(document.layers, output, len(self.classes), self.spec.problem)
        if found:
            message = f"{self.folder.path / FACTS}: is of another spec than {SPEC}: {found[0].message}"
            raise RunFolderError(message, self.folder.path)

    def _rows(self, x: Array) -> Array:
        """Samples as the data set stores them: (samples, *shape)."""
        shape, numbers = self.sample_shape, size(self.sample_shape)
        if x.dtype.kind not in "biuf":
            raise UsageError(f"samples must be numbers, not {x.dtype}")
        if not np.isfinite(x).all():
            raise UsageError("samples must be finite numbers; there is a NaN or an infinity among them")
        # One sample: as it is stored, without its single channel, or as a row of numbers.
        if x.shape in (shape, shape[1:] if shape[0] == 1 else shape, (numbers,)):
            return x.reshape(1, *shape)
        if x.ndim > 1 and size(x.shape[1:]) == numbers:
            return x.reshape(len(x), *shape)
        expected = shape_text(shape) + (f" ({numbers} numbers)" if len(shape) > 1 else "")
        raise UsageError(f"expected samples of {expected}, found an array of {shape_text(x.shape)}")
