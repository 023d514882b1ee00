"""A spec bound to its data: everything that is needed to train, and nothing written yet."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

import numpy as np

from nnspec.contracts.loader import Dataset, SplitName
from nnspec.contracts.metric import Metric
from nnspec.contracts.rows import Rows
from nnspec.contracts.targets import Targets
from nnspec.data.sources import Sources
from nnspec.engine.batches import Batches
from nnspec.engine.evaluation import EVALUATION_BATCH
from nnspec.engine.goal import Goal
from nnspec.engine.network import Network
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.engine.shards import choose
from nnspec.engine.trainer import Trainer
from nnspec.engine.updates import Updates
from nnspec.errors import DataError, FaultyPartError, SpecError
from nnspec.runs.division import divided
from nnspec.runs.rehearsal import blamed, rehearse
from nnspec.runs.targets import targets_of
from nnspec.runs.transfer import Transferred, transfer
from nnspec.runs.updating import batch_problems, bound_updates
from nnspec.spec.checks import class_problems, faulty, input_problems, settled
from nnspec.spec.engine import AUTO
from nnspec.spec.guests import guests
from nnspec.spec.marks import Path
from nnspec.spec.problems import Problem, ordered
from nnspec.spec.specification import Spec
from nnspec.types import Shape, shape_text, size


@dataclass(frozen=True)
class Experiment:
    """A spec, its data, and the engine bound to both.

    Attributes:
        spec: The spec; its metrics are those that the data allows.
        dataset: The data.
        seeds: The generators.
        pipeline: Transforms, fitted to the training split.
        network: The network, initialized.
        updates: Optimizer and regularizer.
        transferred: What the network begins with of another run.
    """

    spec: Spec
    dataset: Dataset
    seeds: Seeds
    pipeline: Pipeline
    network: Network
    updates: Updates
    transferred: Transferred | None = None

    @property
    def metrics(self) -> dict[str, Metric]:
        """What is measured beside the cost, by name."""
        return self.spec.metrics

    @property
    def monitor(self) -> str:
        """What the best epoch is best at: ``validation.accuracy``."""
        chosen = self.spec.document.train.monitor
        if chosen is not None:
            return chosen
        split = next((name for name in ("validation", "test") if name in self.dataset.splits), "train")
        figures = [name for name, metric in self.metrics.items() if metric.single]
        return f"{split}.{figures[0] if figures and split != 'train' else 'cost'}"

    def batches(self, split: SplitName) -> Batches:
        """A split in its own order, in batches for evaluation."""
        return Batches(self.dataset.splits[split], self.pipeline, self.network.nodes[-1].output, EVALUATION_BATCH)

    def trainer(self) -> Trainer:
        """The training of this experiment."""
        train, prefetch = self.spec.document.train, self.spec.document.engine.prefetch
        training = Batches(
            self.dataset.train,
            self.pipeline,
            self.network.nodes[-1].output,
            train.batch_size,
            train.samples_per_epoch,
            training=True,
            prefetch=None if prefetch == AUTO else prefetch,
        )
        held_out = {str(name): self.batches(name) for name in self.dataset.splits if name != "train"}
        return Trainer(
            self.network,
            self.updates,
            training,
            held_out,
            self.metrics,
            self.seeds,
            shuffle=train.shuffle,
            monitor=self.monitor,
        )


def load_data(
    spec: Spec, seeds: Seeds, folder: FilePath, *, offline: bool = False, progress: bool = True
) -> Dataset:
    """Reads or makes the data set of a spec.

    Args:
        spec: The spec.
        seeds: Where a data set that is made or split by chance gets its generator from.
        folder: Where relative paths start from.
        offline: Never download.
        progress: Whether downloads show a bar.

    Raises:
        DataError: It is missing or damaged.
    """
    source = Sources(folder, seeds.generator("dataset"), offline=offline, progress=progress)
    dataset = spec.document.dataset.load(source)
    train = spec.document.train
    if train.folds is not None and train.fold is not None:
        if dataset.validation is not None:
            message = "each fold is the validation split in its turn, but the data has one already"
            hint = "set none aside: leave `validation` out of the data set's options"
            raise SpecError([spec.problem("NS060", ("train", "folds"), message, hint)])
        dataset = divided(dataset, train.folds, train.fold, seeds.generator("folds"))
    # Nobody asks an autoencoder for classes.
    return replace(dataset, classes=None) if spec.document.targets == "inputs" else dataset


def prepare(spec: Spec, *, offline: bool = False, progress: bool = True) -> Experiment:
    """Loads the data of a spec, checks what only data can tell, and binds the engine.

    Args:
        spec: A valid spec.
        offline: Never download.
        progress: Whether downloads show a bar.

    Raises:
        DataError: Data is missing or damaged.
        SpecError: Data and spec do not fit each other, or a plugin's part fails or breaks its contract.
    """
    strangers = guests(spec.document)
    try:
        with blamed(strangers):
            return _prepared(spec, rehearsed=bool(strangers), offline=offline, progress=progress)
    except FaultyPartError as error:
        raise SpecError([faulty(error, spec.problem)]) from error


def _prepared(spec: Spec, *, rehearsed: bool, offline: bool, progress: bool) -> Experiment:
    # Folds are of the same data, but no two networks begin or go on alike.
    fold = spec.document.train.fold
    seeds = Seeds(spec.document.seed, f"fold/{fold}/" if fold is not None else "")
    shared = Seeds(spec.document.seed) if fold is not None else seeds
    dataset = load_data(spec, shared, spec_folder(spec), offline=offline, progress=progress)
    _check_values(dataset)
    spec, unfit = _settled(spec, targets_of(dataset, spec.document.targets))
    problems = [*unfit, *_data_problems(spec, dataset), *_result_problems(spec, dataset)]
    problems += batch_problems(spec, len(dataset.train))
    if problems:
        raise SpecError(ordered(problems))
    spec = with_shards(spec, len(dataset.train))
    if rehearsed:
        tried = bind(spec, Seeds(spec.document.seed))
        rehearse(spec.document, dataset, *tried, bound_updates(spec.document, tried[1], len(dataset.train)))
    pipeline, network = bind(spec, seeds)
    pipeline.fit(dataset.train.inputs)
    pipeline.goal.fit(dataset.train.targets)
    network.initialize()
    transferred = transfer(spec, spec_folder(spec), network)
    updates = bound_updates(spec.document, network, len(dataset.train))
    return Experiment(spec, dataset, seeds, pipeline, network, updates, transferred)


def _settled(spec: Spec, targets: Targets) -> tuple[Spec, list[Problem]]:
    """The spec with what its cost and metrics leave to the data filled in, and what does not fit the data."""
    document = spec.document
    # The default, accuracy, says nothing of numbers.
    asked = targets.kind != "numbers" or "metrics" in document.model_fields_set
    (cost, metrics), problems = settled(document.cost, document.metrics if asked else (), targets, spec.problem)
    return replace(spec, document=document.model_copy(update={"cost": cost, "metrics": metrics})), problems


def with_shards(spec: Spec, samples: int) -> Spec:
    """The spec with its number of shards settled: where it says `auto`, by the work in a step and the cores."""
    document = spec.document
    if document.engine.shards != AUTO:
        return spec
    shards = choose(spec.nodes, min(document.train.batch_size, samples))
    engine = document.engine.model_copy(update={"shards": shards})
    return replace(spec, document=document.model_copy(update={"engine": engine}))


def bind(spec: Spec, seeds: Seeds, *, input_gradient: bool = False) -> tuple[Pipeline, Network]:
    """The transforms and the network of a spec, without data and without values."""
    document = spec.document
    dtype = np.dtype(document.precision)
    pipeline = Pipeline(document.transforms, document.input, seeds, dtype, Goal(document.targets))
    shards = document.engine.shards
    network = Network(
        spec.nodes,
        document.cost,
        seeds,
        dtype,
        input_gradient=input_gradient,
        shards=1 if shards == AUTO else shards,
        freeze=document.train.freeze,
    )
    return pipeline, network


def sample_shape(dataset: Dataset) -> Shape:
    """Shape of one sample as the data set stores it."""
    return tuple(dataset.train.inputs.shape[1:])


def _data_problems(spec: Spec, dataset: Dataset) -> list[Problem]:
    document, output = spec.document, spec.nodes[-1].output
    shape = sample_shape(dataset)
    problems = list(input_problems(document.transforms, document.input, shape, spec.problem))
    if document.targets == "inputs":
        return problems
    if document.targets == "standardized" and targets_of(dataset).kind != "numbers":
        message = f"only numbers can be standardized; the targets are {targets_of(dataset).kind}"
        problems.append(spec.problem("NS060", ("targets",), message, "leave `targets` out"))
    if dataset.classes is not None:
        return problems + list(class_problems(document.layers, output, len(dataset.classes), spec.problem))
    targets = dataset.train.targets.shape[1:]
    if size(targets) != size(output):
        problems.append(
            spec.problem(
                "NS052",
                ("layers", len(document.layers) - 1),
                f"the data has targets of {shape_text(targets)}, but the stack ends in {shape_text(output)}",
                f"give the last layer {size(targets)} units",
            )
        )
    return problems


def _result_problems(spec: Spec, dataset: Dataset) -> Iterator[Problem]:
    """Whether the data has the splits of the results that are monitored and expected."""
    monitor = spec.document.train.monitor
    named: list[tuple[Path, str]] = [(("expect", name), name) for name in spec.document.expect]
    named += [(("train", "monitor"), monitor)] if monitor is not None else []
    for path, name in named:
        split, _, metric = name.partition(".")
        if split not in dataset.splits:
            message = f"the data has no {split} split, and so no `{name}`"
            yield spec.problem("NS054", path, message, f"set samples aside, or name: {', '.join(dataset.splits)}")
        elif path[0] == "train" and metric in spec.metrics and not spec.metrics[metric].single:
            message = f"`{name}` is no single figure by which epochs could be compared"
            yield spec.problem("NS054", path, message, f"name another, such as `{split}.cost`")


def _check_values(dataset: Dataset) -> None:
    if dataset.classes is not None and len(dataset.classes) < 2:
        raise DataError(f"every sample is of the one class `{dataset.classes[0]}`: there is nothing to tell apart")
    for name, split in dataset.splits.items():
        if len(split) == 0:
            raise DataError(f"the {name} split has no samples")
        for what, values in (("inputs", split.inputs), ("targets", split.targets)):
            # Samples that stay in files are not read twice: a number that is none shows in training.
            if isinstance(values, Rows):
                continue
            if np.issubdtype(values.dtype, np.inexact) and not np.isfinite(values).all():
                place = np.argwhere(~np.isfinite(values))[0]
                raise DataError(
                    f"the {what} of the {name} split hold a value that is no finite number, in sample {place[0]}"
                )
        if dataset.classes is not None and (
            split.targets.min() < 0 or split.targets.max() >= len(dataset.classes)
        ):
            raise DataError(
                f"the {name} split has class numbers from {split.targets.min()} to {split.targets.max()}, "
                f"but there are {len(dataset.classes)} classes, numbered from 0"
            )


def spec_folder(spec: Spec) -> FilePath:
    """The folder from which a spec's relative paths start."""
    return spec.path.resolve().parent if spec.path is not None else FilePath.cwd()
