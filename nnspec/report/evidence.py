"""What evidence.npz and the checkpoints hold: mistakes, confusion, points and regions, first weights.

Nothing here trusts a shape. What does not fit the run is left out, with a sentence that says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nnspec.errors import DataError
from nnspec.files.arrays import Archive
from nnspec.report.facts import CHECKPOINTS, EVIDENCE, Run
from nnspec.report.pictures import image_shape
from nnspec.types import Array, size

Arrays = Mapping[str, Array]
Kind = TypeVar("Kind")

MISTAKE = "mistake_"
"""What the names of the arrays begin with that tell of mistakes."""


@dataclass(frozen=True)
class Mistakes:
    """The worst mistakes, worst first.

    Attributes:
        inputs: (M, *shape).
        classes: (M,) what they were.
        answers: (M,) what was answered.
        certainties: (M,) the outputs that said so.
    """

    inputs: Array
    classes: Array
    answers: Array
    certainties: Array

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Plane:
    """Samples of two inputs, and what is answered between them.

    Attributes:
        points: (P, 2).
        classes: (P,).
        region: (grid, grid) of answered classes; rows from bottom to top.
        bounds: Left, right, bottom, top.
    """

    points: Array
    classes: Array
    region: Array
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Predictions:
    """What a regression should have said, and what it said.

    Attributes:
        targets: (P, outputs).
        outputs: (P, outputs).
    """

    targets: Array
    outputs: Array


@dataclass(frozen=True)
class Reconstructions:
    """What an autoencoder was given and gave back, from the best to the worst.

    Attributes:
        originals: (M, *shape), as the network was given them.
        answers: (M, *shape).
        errors: (M,) mean squared differences.
    """

    originals: Array
    answers: Array
    errors: Array


@dataclass(frozen=True)
class Weights:
    """What the units of the first layer with weights look for in a picture.

    Attributes:
        layer: Path of the layer.
        pictures: (units, C, H, W).
    """

    layer: str
    pictures: Array


@dataclass(frozen=True)
class Evidence:
    """What a page shows beside figures; each is None where there is no such thing.

    Attributes:
        split: The split it is about.
        confusion: (K, K), rows: what it was, columns: what it was taken for.
        mistakes: Samples that were taken for something else.
        plane: For data of two inputs.
        predictions: For regressions.
        label_counts: For labels, (3, labels): samples that have it, answers that say so, right ones of them.
        reconstructions: For autoencoders.
        weights: For pictures.
        missing: What could not be read, a sentence each.
    """

    split: str
    confusion: Array | None
    mistakes: Mistakes | None
    plane: Plane | None
    predictions: Predictions | None
    label_counts: Array | None
    reconstructions: Reconstructions | None
    weights: Weights | None
    missing: tuple[str, ...]


def read_evidence(run: Run) -> Evidence:
    """Reads what lies beside the facts of a run."""
    missing: list[str] = []
    arrays = _arrays(run.path / EVIDENCE, missing)

    def fitting(read: Callable[[], Kind | None]) -> Kind | None:
        try:
            return read()
        except KeyError as error:
            missing.append(f"{EVIDENCE} lacks {error}.")
        except (ValueError, TypeError, IndexError) as error:
            missing.append(f"{EVIDENCE} does not fit the run: {error}.")
        return None

    return Evidence(
        split=str(arrays.get("split", "")),
        confusion=fitting(lambda: _confusion(arrays, run)),
        mistakes=fitting(lambda: _mistakes(arrays, run)),
        plane=fitting(lambda: _plane(arrays)),
        predictions=fitting(lambda: _predictions(arrays)),
        label_counts=fitting(lambda: _label_counts(arrays)),
        reconstructions=fitting(lambda: _reconstructions(arrays)),
        weights=_weights(run, missing),
        missing=tuple(missing),
    )


def _arrays(path: Path, missing: list[str]) -> Arrays:
    try:
        archive = Archive(path.read_bytes(), path)
        # A network that makes no mistakes leaves none; of everything else there is at least one.
        return {name: archive.array(name, least=0 if name.startswith(MISTAKE) else 1) for name in archive.names}
    except FileNotFoundError:
        missing.append(f"{path.name} is missing, so there are no mistakes and tables to show.")
    except (OSError, DataError) as error:
        cause = str(error).removeprefix(f"{path}: ")
        missing.append(f"{path.name} is damaged ({cause}), so there are no mistakes and tables to show.")
    return {}


def _require(holds: object, problem: str) -> None:
    if not holds:
        raise ValueError(problem)


def _confusion(arrays: Arrays, run: Run) -> Array | None:
    if "confusion" not in arrays:
        return None
    counts = arrays["confusion"]
    classes = len(run.data.classes or ())
    _require(counts.shape == (classes, classes), f"a confusion of {counts.shape} for {classes} classes")
    return counts.astype(np.int64)


def _mistakes(arrays: Arrays, run: Run) -> Mistakes | None:
    if f"{MISTAKE}inputs" not in arrays:
        return None
    inputs = arrays[f"{MISTAKE}inputs"]
    classes, answers, certainties = (arrays[f"{MISTAKE}{what}"] for what in ("classes", "answers", "certainties"))
    fits = classes.shape == answers.shape == certainties.shape == inputs.shape[:1]
    _require(fits, "mistakes of different lengths")
    _require(inputs.shape[1:] == run.data.shape, f"mistakes of shape {inputs.shape[1:]}")
    _require(inputs.dtype.kind in "biuf", f"mistakes of type {inputs.dtype}")
    return Mistakes(inputs, classes.astype(np.int64), answers.astype(np.int64), certainties.astype(np.float64))


def _plane(arrays: Arrays) -> Plane | None:
    if "points" not in arrays:
        return None
    points, classes, region = arrays["points"], arrays["point_classes"], arrays["region"]
    bounds = arrays["region_bounds"].astype(np.float64)
    _require(points.ndim == 2 and points.shape[1] == 2, f"points of shape {points.shape}")
    _require(classes.shape == points.shape[:1], "points and classes of different lengths")
    _require(region.ndim == 2 and region.size, f"a region of shape {region.shape}")
    _require(bounds.shape == (4,) and np.isfinite(bounds).all(), "bounds that are no four numbers")
    left, right, bottom, top = bounds.tolist()
    _require(left < right and bottom < top, "bounds in the wrong order")
    return Plane(points.astype(np.float64), classes.astype(np.int64), region, (left, right, bottom, top))


def _predictions(arrays: Arrays) -> Predictions | None:
    if "targets" not in arrays:
        return None
    targets, outputs = arrays["targets"], arrays["outputs"]
    _require(targets.shape == outputs.shape, f"targets {targets.shape} and outputs {outputs.shape}")
    _require(targets.ndim == 2 and targets.size, f"targets of shape {targets.shape}")
    return Predictions(targets.astype(np.float64), outputs.astype(np.float64))


def _label_counts(arrays: Arrays) -> Array | None:
    if "label_counts" not in arrays:
        return None
    counts = arrays["label_counts"]
    _require(counts.ndim == 2 and len(counts) == 3 and counts.size, f"counts of labels of shape {counts.shape}")
    return counts.astype(np.int64)


def _reconstructions(arrays: Arrays) -> Reconstructions | None:
    if "originals" not in arrays:
        return None
    originals, answers, errors = (arrays[name] for name in ("originals", "reconstructions", "errors"))
    _require(originals.shape == answers.shape, f"originals {originals.shape} and reconstructions {answers.shape}")
    _require(errors.shape == originals.shape[:1] and errors.size, f"errors of shape {errors.shape}")
    return Reconstructions(*(array.astype(np.float64) for array in (originals, answers, errors)))


def _weights(run: Run, missing: list[str]) -> Weights | None:
    """Weights of the first layer that has any, where each of its units sees the whole picture."""
    shape = image_shape(run.data.shape, run.data.features)
    first = next((layer for layer in run.layers if layer.parameters), None)
    if shape is None or first is None or size(first.input) != size(shape):
        return None
    weights = _tensor_of_epoch(run, f"parameters/{first.path}.W", missing)
    if weights is None or weights.ndim != 2 or weights.shape[1] != size(shape):
        return None
    return Weights(first.path, weights.reshape(-1, *shape))


def _tensor_of_epoch(run: Run, name: str, missing: list[str]) -> Array | None:
    """A tensor out of the checkpoint of the epoch that the run stands for."""
    problems = []
    for checkpoint in CHECKPOINTS:
        try:
            epoch, tensor = _tensor(run.path / checkpoint, name)
        except FileNotFoundError:
            continue
        except DataError as error:
            cause = str(error).removeprefix(f"{run.path / checkpoint}: ")
            problems.append(f"{checkpoint} is damaged ({cause}).")
            continue
        if epoch == run.stands_for:
            return tensor
    missing += problems or [f"There is no checkpoint of epoch {run.stands_for}, so no weights are shown."]
    return None


def _tensor(path: Path, name: str) -> tuple[Any, Array | None]:
    """A tensor of a checkpoint, and the epoch that it is of.

    Raises:
        FileNotFoundError: There is no such file.
        DataError: It is damaged.
    """
    # Imported here: most pages of a command that only names them are never made.
    from nnspec.files.tensors import read_tensors

    tensors, state = read_tensors(path, {name})
    return state.get("epoch"), tensors.get(name)
