"""What the files of a run folder say, read once and with patience.

Only run.json has to be whole: without it there is no run. Whatever else is missing or damaged becomes a
sentence in ``Run.missing``, and the page is made of the rest.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.errors import RunFolderError
from nnspec.files.documents import parse, read
from nnspec.files.folders import check_inside
from nnspec.types import Shape

FACTS, METRICS, SPEC, EVIDENCE = "run.json", "metrics.jsonl", "spec.yaml", "evidence.npz"
CHECKPOINTS = ("checkpoints/last.safetensors", "checkpoints/best.safetensors")
DAMAGE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What JSON of another form than the one expected leads to."""
MOST_EPOCHS = 2**53
"""No training comes further, and all of it fits into floating point."""
SPLITS = ("test", "validation", "train")
"""The splits, the one that a reader asks for first in front."""

Figures = Mapping[str, Mapping[str, float]]
"""By split and metric."""


@dataclass(frozen=True)
class Layer:
    """An entry of the stack.

    Attributes:
        path: ``layers.0``.
        name: The word in the spec.
        input: Shape of a sample that goes in.
        output: Shape of a sample that comes out.
        parameters: How many numbers it learns.
    """

    path: str
    name: str
    input: Shape
    output: Shape
    parameters: int


@dataclass(frozen=True)
class Activity:
    """How alive an activation layer is.

    Attributes:
        path: ``layers.1``.
        name: The activation.
        dead: Share of units that answer every sample alike.
        saturated: Share of units and samples that hardly let a gradient pass.
        hidden: Whether it is a hidden layer.
    """

    path: str
    name: str
    dead: float
    saturated: float
    hidden: bool


@dataclass(frozen=True)
class Data:
    """What was learned from.

    Attributes:
        loader: The word in the spec.
        samples: How many, by split.
        shape: Shape of a sample as it is stored.
        dtype: Type of its numbers.
        classes: Names of the classes; None where the targets are no classes.
        outcomes: Names of the labels or numbers that are to be answered, where those are no classes.
        features: Names of the inputs, where they have any.
        files: Name and SHA-256 of each file that was read.
        sha256: Hash of it all.
    """

    loader: str
    samples: Mapping[str, int]
    shape: Shape
    dtype: str
    classes: tuple[str, ...] | None
    outcomes: tuple[str, ...]
    features: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    sha256: str


@dataclass(frozen=True)
class Best:
    """The best epoch.

    Attributes:
        epoch: Its number, from 1.
        monitor: What it is best at: ``validation.accuracy``.
        value: The figure it reached there.
        figures: All of its figures.
    """

    epoch: int
    monitor: str
    value: float
    figures: Figures


@dataclass(frozen=True)
class Epoch:
    """A line of metrics.jsonl.

    Attributes:
        number: From 1.
        figures: By split and metric.
        seconds: How long it took; NaN where that is not known.
    """

    number: int
    figures: Figures
    seconds: float


@dataclass(frozen=True)
class Origin:
    """What the result depends on, and where it came from.

    Attributes:
        started: When the run began, UTC.
        spec_file: The spec it was started with, if that was a file.
        spec_folder: From where its relative paths start.
        seed: The seed of all chance.
        engine: Precision, shards, whether output and cost are fused.
        versions: Of what computes.
        plugins: Versions of the plugins that bring parts.
        machine: What it ran on.
        fingerprint: Name of the result.
    """

    started: str
    spec_file: str | None
    spec_folder: str | None
    seed: int
    engine: Mapping[str, Any]
    versions: Mapping[str, str]
    plugins: Mapping[str, str]
    machine: Mapping[str, Any]
    fingerprint: str


@dataclass(frozen=True)
class Run:
    """A run as its folder tells it.

    Attributes:
        path: The folder.
        name: Of the spec.
        description: Of the spec.
        status: ``finished``, ``failed``, ``interrupted`` or ``running``.
        reason: Why it failed or stopped.
        epochs: Epochs done.
        stands_for: The epoch whose network the figures are of; 0 for the untrained network.
        seconds: From start to end.
        training_seconds: Of them, in training steps.
        parameters: How many numbers the network learns.
        figures: Of the network that the run stands for.
        best: The best epoch, if there was any.
        warnings: What a reader ought to know.
        layers: The stack.
        activities: Of the activation layers.
        data: What was learned from.
        origin: What the result depends on.
        history: The epochs in order.
        spec: The resolved spec as text; empty where it could not be read.
        missing: What could not be read, a sentence each.
    """

    path: Path
    name: str
    description: str
    status: str
    reason: str | None
    epochs: int
    stands_for: int
    seconds: float
    training_seconds: float
    parameters: int
    figures: Figures
    best: Best | None
    warnings: tuple[str, ...]
    layers: tuple[Layer, ...]
    activities: tuple[Activity, ...]
    data: Data
    origin: Origin
    history: tuple[Epoch, ...]
    spec: str
    missing: tuple[str, ...]

    @property
    def judged_by(self) -> str | None:
        """The split that the headline is about."""
        return next((split for split in SPLITS if self.figures.get(split)), None)

    def class_name(self, number: int) -> str:
        """Name of a class; its number where it has none."""
        classes = self.data.classes or ()
        return classes[number] if 0 <= number < len(classes) else str(number)


def read_run(path: Path) -> Run:
    """Reads a run folder.

    Args:
        path: The folder.

    Raises:
        RunFolderError: run.json is missing or damaged, or a file is a link that leads out of the folder.
    """
    check_inside(path, (SPEC, FACTS, METRICS, EVIDENCE, *CHECKPOINTS))
    missing: list[str] = []
    spec = _spec(path / SPEC, missing)
    history = _history(path / METRICS, missing)
    try:
        facts = read(path / FACTS)
        if not history and facts["epochs"] and not missing:
            missing.append(f"{METRICS} is missing or empty, so there are no learning curves.")
        return _run(path, facts, history, spec, tuple(missing))
    except OSError as error:
        raise RunFolderError(f"{path / FACTS}: cannot be read: {_cause(error)}", path) from error
    except DAMAGE as error:
        problem = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise RunFolderError(f"{path / FACTS}: damaged, so nothing can be reported: {problem}", path) from error


def _run(
    path: Path, facts: Mapping[str, Any], history: tuple[Epoch, ...], spec: str, missing: tuple[str, ...]
) -> Run:
    return Run(
        path=path,
        name=str(facts["name"]),
        description=str(facts.get("description") or ""),
        status=str(facts["status"]),
        reason=_text(facts.get("reason")),
        epochs=int(facts["epochs"]),
        stands_for=int(facts.get("stands_for", facts["epochs"])),
        seconds=float(facts["seconds"]),
        training_seconds=float(facts.get("training_seconds", math.nan)),
        parameters=int(facts["parameters"]),
        figures=_figures(facts["metrics"]),
        best=_best(facts.get("best")),
        warnings=tuple(str(warning) for warning in facts.get("warnings", ())),
        layers=tuple(_layer(entry) for entry in facts["layers"]),
        activities=tuple(_activity(entry) for entry in facts.get("activities", ())),
        data=_data(facts["dataset"]),
        origin=_origin(facts),
        history=history,
        spec=spec,
        missing=missing,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float:
    """A figure; JSON that knows no NaN says null."""
    return math.nan if value is None else float(value)


def _figures(metrics: Mapping[str, Any]) -> Figures:
    """The single figures among metrics by split; tables such as a confusion are left out."""
    return {
        split: {name: _number(value) for name, value in values.items() if not isinstance(value, list | dict)}
        for split, values in metrics.items()
        if isinstance(values, dict)
    }


def _best(entry: Mapping[str, Any] | None) -> Best | None:
    if entry is None:
        return None
    figures = _figures(entry.get("metrics", {}))
    return Best(int(entry["epoch"]), str(entry["monitor"]), _number(entry["value"]), figures)


def _layer(entry: Mapping[str, Any]) -> Layer:
    return Layer(
        path=str(entry["path"]),
        name=str(entry["name"]),
        input=_shape(entry["input"]),
        output=_shape(entry["output"]),
        parameters=int(entry["parameters"]),
    )


def _shape(lengths: Iterable[Any]) -> Shape:
    return tuple(int(length) for length in lengths)


def _activity(entry: Mapping[str, Any]) -> Activity:
    return Activity(
        path=str(entry["path"]),
        name=str(entry["name"]),
        dead=_number(entry["dead"]),
        saturated=_number(entry["saturated"]),
        hidden=bool(entry["hidden"]),
    )


def _data(entry: Mapping[str, Any]) -> Data:
    classes = entry.get("classes")
    return Data(
        loader=str(entry["loader"]),
        samples={str(split): int(samples) for split, samples in entry["samples"].items()},
        shape=_shape(entry["shape"]),
        dtype=str(entry.get("dtype", "")),
        classes=None if classes is None else tuple(str(name) for name in classes),
        outcomes=tuple(str(name) for name in entry.get("outcomes", ())),
        features=tuple(str(name) for name in entry.get("features", ())),
        files=tuple((str(file["name"]), str(file["sha256"])) for file in entry.get("files", ())),
        sha256=str(entry.get("sha256", "")),
    )


def _origin(facts: Mapping[str, Any]) -> Origin:
    return Origin(
        started=str(facts.get("started", "")),
        spec_file=_text(facts.get("spec_file")),
        spec_folder=_text(facts.get("spec_folder")),
        seed=int(facts["seed"]),
        engine=dict(facts.get("engine", {})),
        versions={str(name): str(version) for name, version in facts.get("versions", {}).items()},
        plugins={str(name): str(version) for name, version in facts.get("plugins", {}).items()},
        machine=dict(facts.get("machine", {})),
        fingerprint=str(facts.get("fingerprint", "")),
    )


def _history(path: Path, missing: list[str]) -> tuple[Epoch, ...]:
    if not path.exists():
        # A run that ends before its first epoch has no such file.
        return ()
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        missing.append(f"{path.name} cannot be read ({_cause(error)}), so there are no learning curves.")
        return ()
    epochs: dict[int, Epoch] = {}
    damaged = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = parse(line)
            epoch = _epoch(entry)
        except DAMAGE:
            damaged.append(str(number))
        else:
            # Curves have a point an epoch: evaluations in the middle of one stand in the file alone.
            if "step" not in entry:
                epochs[epoch.number] = epoch
    if damaged:
        where = ", ".join(damaged[:5]) + (" and others" if len(damaged) > 5 else "")
        missing.append(f"{path.name} is damaged in line {where}; the curves are drawn from the rest.")
    return tuple(epochs[number] for number in sorted(epochs))


def _epoch(entry: Mapping[str, Any]) -> Epoch:
    number = int(entry["epoch"])
    if not 0 <= number <= MOST_EPOCHS:
        raise ValueError(f"epoch {number} of at most {MOST_EPOCHS}")
    return Epoch(number, _figures(entry), _number(entry.get("seconds")))


def _spec(path: Path, missing: list[str]) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        missing.append(f"{path.name} cannot be read ({_cause(error)}), so the resolved spec is not shown.")
        return ""


def _cause(error: OSError | UnicodeDecodeError) -> str:
    """What went wrong, without the machine's folders."""
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "it is no UTF-8"
