"""Samples that were taken for something else, and what the first layer's units look for, ready to be shown."""

from dataclasses import dataclass

import numpy as np

from nnspec.report.evidence import Mistakes, Reconstructions, Weights
from nnspec.report.facts import Run
from nnspec.report.pictures import AGAINST, FOR, NOTHING, image_shape, sample_uris, weight_uris
from nnspec.report.wording import certainty, figure
from nnspec.types import size

ROWS = 15
"""So many mistakes are listed where they are rows of figures; pictures are all shown."""
VALUES_LISTED = 12
TILES = 64
TYPICAL = 0.995
"""The share of weights that the colours tell apart; a few larger ones would make all others pale."""


@dataclass(frozen=True)
class Mistake:
    """A sample that was taken for something else.

    Attributes:
        was: Its class.
        answered: The class it was taken for.
        certainty: How sure the answer was.
        picture: The sample as a data URI; empty where it cannot be looked at.
        values: The first values of a sample that cannot be looked at.
    """

    was: str
    answered: str
    certainty: str
    picture: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class MistakeTable:
    """The worst mistakes, worst first.

    Attributes:
        entries: The mistakes.
        value_names: Names of the listed values.
        left_out: How many values of a sample are not listed.
    """

    entries: tuple[Mistake, ...]
    value_names: tuple[str, ...]
    left_out: int

    @property
    def pictured(self) -> bool:
        """Whether the samples can be looked at."""
        return any(entry.picture for entry in self.entries)


@dataclass(frozen=True)
class Reconstruction:
    """A sample, and what an autoencoder gave back.

    Attributes:
        original: The sample as a data URI.
        answer: What was given back, on the same scale.
        error: The mean squared difference.
    """

    original: str
    answer: str
    error: str


@dataclass(frozen=True)
class Tiles:
    """The weights of the first layer, unit by unit.

    Attributes:
        layer: Path of the layer.
        pictures: Number of a unit, from 1, and its weights as a data URI.
        units: How many units there are in all.
        limit: Size of a weight that gets the full colour.
        coloured: Whether a tile shows three colours that are weighed, rather than signs.
        gradient: The colours of signs as a style sheet wants them.
    """

    layer: str
    pictures: tuple[tuple[int, str], ...]
    units: int
    limit: float
    coloured: bool
    gradient: str


def mistake_table(run: Run, found: Mistakes | None) -> MistakeTable | None:
    """The worst mistakes; None where there are none."""
    if found is None or not len(found):
        return None
    shape = image_shape(run.data.shape, run.data.features)
    pictures = sample_uris(found.inputs, shape) if shape else [""] * len(found)
    flat = found.inputs.reshape(len(found), -1)[:, : 0 if shape else VALUES_LISTED]
    entries = [
        Mistake(
            run.class_name(int(found.classes[index])),
            run.class_name(int(found.answers[index])),
            certainty(float(found.certainties[index])),
            pictures[index],
            tuple(figure(float(value)) for value in flat[index]),
        )
        for index in range(len(found) if shape else min(ROWS, len(found)))
    ]
    total = size(run.data.shape)
    names = run.data.features if len(run.data.features) == total else [f"x{number + 1}" for number in range(total)]
    return MistakeTable(tuple(entries), tuple(names[:VALUES_LISTED]), max(0, total - VALUES_LISTED))


def reconstructions(run: Run, found: Reconstructions | None) -> list[Reconstruction]:
    """Pictures beside what was given back, from the best to the worst; none where samples are no pictures."""
    shape = image_shape(run.data.shape, run.data.features)
    if found is None or shape is None or size(found.originals.shape[1:]) != size(shape):
        return []
    pictures = sample_uris(np.concatenate([found.originals, found.answers]), shape)
    pairs = zip(pictures[: len(found.errors)], pictures[len(found.errors) :], found.errors.tolist(), strict=True)
    return [Reconstruction(original, answer, figure(error)) for original, answer, error in pairs]


def tiles(weights: Weights | None) -> Tiles | None:
    """First-layer weights: of the units with the largest, in the order of the units."""
    if weights is None or not weights.pictures.size:
        return None
    known = np.nan_to_num(weights.pictures.astype(np.float64), posinf=0, neginf=0)
    strengths = (known.reshape(len(known), -1) ** 2).sum(axis=1)
    chosen = np.sort(np.argsort(-strengths, kind="stable")[:TILES])
    limit = float(np.quantile(np.abs(known), TYPICAL)) or 1.0
    pictures = zip((chosen + 1).tolist(), weight_uris(known[chosen], limit), strict=True)
    gradient = ", ".join("rgb({} {} {})".format(*colour) for colour in (AGAINST, NOTHING, FOR))
    return Tiles(weights.layer, tuple(pictures), len(known), limit, known.shape[1] == 3, gradient)
