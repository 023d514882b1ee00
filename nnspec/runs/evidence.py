"""What pages about a run need beside its figures: mistakes as samples, a confusion table, points and regions.

Kept as plain arrays in ``evidence.npz``, so that a page can be made again without the data set.
"""

import io
from collections.abc import Iterator
from typing import cast

import numpy as np

from nnspec.contracts.loader import Split
from nnspec.contracts.rows import Rows
from nnspec.contracts.targets import Kind
from nnspec.engine.evaluation import EVALUATION_BATCH
from nnspec.runs.experiment import Experiment
from nnspec.runs.targets import targets_of
from nnspec.types import Array, size

# Pages are made of these at most: what is left of a larger split would change no picture.
SAMPLES = 100_000
MISTAKES = 30
POINTS = 2000
RECONSTRUCTIONS = 18
GRID = 160


def gather(experiment: Experiment) -> dict[str, Array]:
    """The evidence of a trained experiment.

    Returns:
        Always ``split`` (its name). With classes: ``confusion`` (K, K), counts by true and answered class;
        ``mistake_inputs`` (M, *shape), ``mistake_classes``, ``mistake_answers``, ``mistake_certainties``, worst
        first. With two inputs: ``points`` (P, 2), ``point_classes``, ``region`` (grid, grid) of answered classes
        and its ``region_bounds`` (left, right, bottom, top). With labels: ``label_counts`` (3, labels): samples
        that have it, answers that say so, right ones of them. With numbers: ``targets`` and ``outputs``
        (P, outputs). With inputs to be given back: ``originals`` and ``reconstructions`` (R, *shape) and their
        mean squared ``errors`` (R,), from the best to the worst.
    """
    name = next(name for name in ("test", "validation", "train") if name in experiment.dataset.splits)
    split = _first(experiment.dataset.splits[name], SAMPLES)
    outputs = _outputs(experiment, split.inputs)
    evidence: dict[str, Array] = {"split": np.array(name)}
    if experiment.pipeline.goal.are_inputs:
        return evidence | _reconstructions(experiment, split, outputs)
    if experiment.dataset.classes is None:
        return evidence | _answered(split, outputs, targets_of(experiment.dataset).kind)
    answers, certainties = _answers(outputs)
    evidence |= _mistakes(split, answers, certainties, len(experiment.dataset.classes))
    if size(split.inputs.shape[1:]) == 2:
        evidence |= _regions(experiment, split)
    return evidence


def _first(split: Split, samples: int) -> Split:
    """The first samples of a split that has more, the split itself else."""
    if len(split) <= samples:
        return split
    inputs: Array | Rows = split.inputs
    part = inputs.part(0, samples) if isinstance(inputs, Rows) else inputs[:samples]
    return Split(cast(Array, part), split.targets[:samples])


def to_bytes(evidence: dict[str, Array]) -> bytes:
    """The arrays as the content of an .npz file."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **evidence)
    return file.getvalue()


def _outputs(experiment: Experiment, inputs: Array) -> Array:
    """Outputs (samples, outputs) for raw inputs (samples, *shape)."""
    parts = []
    for x in _inputs(experiment, inputs):
        y = experiment.pipeline.goal.restored(experiment.network.forward(x))
        parts.append(y.reshape(-1, y.shape[-1]).T.copy())
    return np.concatenate(parts)


def _inputs(experiment: Experiment, inputs: Array) -> Iterator[Array]:
    """Raw inputs (samples, *shape) as the network is given them, batch by batch."""
    for start in range(0, len(inputs), EVALUATION_BATCH):
        yield experiment.pipeline.apply(inputs[start : start + EVALUATION_BATCH])


def _reconstructions(experiment: Experiment, split: Split, outputs: Array) -> dict[str, Array]:
    given = np.concatenate([x.reshape(-1, x.shape[-1]).T.copy() for x in _inputs(experiment, split.inputs)])
    errors = np.square(outputs - given).mean(axis=1)
    places = np.unique(np.linspace(0, len(errors) - 1, RECONSTRUCTIONS).round().astype(np.intp))
    chosen = np.argsort(errors, kind="stable")[places]
    stored, network = split.inputs.shape[1:], experiment.spec.document.input
    shape = stored if size(stored) == given.shape[1] else network
    return {
        "originals": given[chosen].reshape(-1, *shape),
        "reconstructions": outputs[chosen].reshape(-1, *shape),
        "errors": errors[chosen],
    }


def _answered(split: Split, outputs: Array, kind: Kind) -> dict[str, Array]:
    targets = split.targets.reshape(len(outputs), -1)
    if kind == "labels":
        there, said = targets > 0.5, outputs > 0.5
        return {"label_counts": np.stack([part.sum(axis=0) for part in (there, said, there & said)])}
    return {"targets": targets[:POINTS], "outputs": outputs[:POINTS]}


def _answers(outputs: Array) -> tuple[Array, Array]:
    """The class each row of outputs answers, and the output that says so."""
    if outputs.shape[1] == 1:
        positive = outputs[:, 0]
        answers = (positive > 0.5).astype(np.intp)
        return answers, np.where(answers == 1, positive, 1 - positive)
    answers = outputs.argmax(axis=1)
    return answers, outputs[np.arange(len(outputs)), answers]


def _mistakes(split: Split, answers: Array, certainties: Array, classes: int) -> dict[str, Array]:
    truth = split.targets.astype(np.intp)
    confusion = np.bincount(truth * classes + answers, minlength=classes * classes)
    wrong = np.flatnonzero(answers != truth)
    worst = wrong[np.argsort(-certainties[wrong], kind="stable")][:MISTAKES]
    return {
        "confusion": confusion.reshape(classes, classes),
        "mistake_inputs": split.inputs[worst],
        "mistake_classes": truth[worst],
        "mistake_answers": answers[worst],
        "mistake_certainties": certainties[worst],
    }


def _regions(experiment: Experiment, split: Split) -> dict[str, Array]:
    points = split.inputs[:].reshape(len(split), 2).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.05 * np.maximum(high - low, 1e-9)
    (left, bottom), (right, top) = low - margin, high + margin
    across, up = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    grid = np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32)
    answers, _ = _answers(_outputs(experiment, grid.reshape(-1, *split.inputs.shape[1:])))
    return {
        "points": points[:POINTS],
        "point_classes": split.targets[:POINTS].astype(np.intp),
        "region": answers.reshape(GRID, GRID),
        "region_bounds": np.array([left, right, bottom, top]),
    }
