"""`nnspec imagine RUN [CLASS...]`: what a trained network thinks its classes look like."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.cli.answers import answer_facts, answer_text, certainty_text, margin_text, numbers_text
from nnspec.cli.arguments import add_json, add_offline, add_run
from nnspec.cli.output import tell, tell_json, write_file
from nnspec.errors import GOOD, UsageError
from nnspec.inputs.look import Look, look_of, picture_shape
from nnspec.insight.colours import diverging, sequential
from nnspec.insight.heatmap import FOR_AND_AGAINST, INK_AND_PAPER, Tile, sheet
from nnspec.insight.imagine import METHODS, Imagined, Space
from nnspec.registry.suggestions import closest
from nnspec.runs.opened import Answer, OpenedRun, Predictions
from nnspec.types import Array, number_text, size

MOST_CLASSES = 100
"""So many pictures go on a sheet."""
SAMPLES = 10_000
"""So many training samples are looked at to learn between what bounds numbers lie."""
LONGEST_NAME = 100
KEYS = {"reverse": FOR_AND_AGAINST, "ascent": INK_AND_PAPER}


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_run(parser)
    classes = parser.add_argument(
        "classes",
        metavar="CLASS",
        nargs="+",
        default=[],
        help="names or numbers of classes (default: a sheet of all)",
    )
    # With nargs="*" argparse takes the classes for missing as soon as an option follows RUN.
    classes.required = False
    parser.usage = "%(prog)s RUN [CLASS ...] [--method {reverse,ascent}] [-o FILE] [--offline] [--json]"
    parser.add_argument(
        "--method",
        choices=tuple(METHODS),
        default="reverse",
        help="reverse: the class passed backwards through the weights, what speaks for it and what against; "
        "ascent: the gradient climbed until the network is sure (default: reverse)",
    )
    parser.add_argument(
        "-o", "--out", metavar="FILE", type=Path, help="the PNG file (default: imagine*.png in the run folder)"
    )
    add_offline(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    opened = OpenedRun(args.run, input_gradient=True)
    numbers = _numbers(opened, args.classes)
    look = _look(opened)
    if look is None and args.out is not None:
        raise UsageError("this run was not trained on pictures: there is nothing to draw; leave -o out")
    bounds = _bounds(opened, look, offline=args.offline)
    imagined = [METHODS[args.method](opened.network, number, bounds.space) for number in numbers]
    answers = list(Predictions(np.stack([one.outputs for one in imagined]), opened.classes))
    names = [_names(opened)[number] for number in numbers]
    file = None
    if look is not None:
        png = _draw(imagined, names, answers, look, args.method)
        file = _write(opened, png, names if args.classes else [], args.method, args.out)
    samples = [bounds.in_units(one) for one in imagined]
    if args.json:
        tell_json(_document(args.method, file, names, answers, samples), indent=None)
        return GOOD
    for name, answer, sample in zip(names, answers, samples, strict=True):
        tell(f"{name}: answered {answer_text(answer)} ({margin_text(answer)})")
        if look is None:
            tell(f"  {_described(opened, sample)}")
    if file is not None:
        tell(f"written to {file}", error=True)
    return GOOD


def _look(opened: OpenedRun) -> Look | None:
    """How samples look in the size that transforms leave them; None where they are no pictures."""
    look, shape = look_of(opened), opened.sample_shape
    for transform in opened.pipeline.transforms:
        shape = transform.shape(shape)
    if look is None or size(shape) == size(look.picture):
        return look
    picture = picture_shape(shape)
    return None if picture is None else replace(look, picture=picture)


def _names(opened: OpenedRun) -> tuple[str, ...]:
    if opened.classes is None:
        raise UsageError("this run was not trained on classes: there is nothing to imagine")
    return opened.classes


def _numbers(opened: OpenedRun, wanted: Sequence[str]) -> list[int]:
    """Numbers of the classes that are asked for; of all where none is."""
    names = _names(opened)
    if not wanted and len(names) > MOST_CLASSES:
        raise UsageError(f"this run knows {len(names):,} classes: name those you want, at most {MOST_CLASSES}")
    if len(wanted) > MOST_CLASSES:
        raise UsageError(f"{len(wanted)} classes are too many for a sheet: at most {MOST_CLASSES}")
    return [_number(names, text) for text in wanted] or list(range(len(names)))


def _number(names: Sequence[str], text: str) -> int:
    if text in names:
        return names.index(text)
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    near = closest(text, names)
    hint = f"did you mean `{near}`?" if near else f"there are {', '.join(names[:20])}"
    raise UsageError(f"there is no class `{text}`; {hint}")


@dataclass(frozen=True)
class _Bounds:
    """Between what a network may be shown something.

    Attributes:
        space: As the network sees it, behind the transforms.
        low: The least, in the data set's own units.
        high: The most.
    """

    space: Space
    low: Array
    high: Array

    def in_units(self, imagined: Imagined) -> Array:
        """What was imagined in the data set's own units; as the network sees it where transforms recode."""
        if imagined.share.size != self.low.size:
            return self.space.at(imagined.share[..., np.newaxis])[..., 0]
        sample: Array = self.low + imagined.share.reshape(self.low.shape) * (self.high - self.low)
        return sample


def _bounds(opened: OpenedRun, look: Look | None, *, offline: bool) -> _Bounds:
    if look is not None:
        shape = opened.sample_shape
        samples, start = np.stack([np.full(shape, look.low), np.full(shape, look.high)]), 0.5
        if look.dark is not None:
            # A drawing begins with empty paper; of photographs nothing is known.
            start = 0.0 if look.dark else 1.0
    else:
        samples, start = opened.dataset(offline=offline).train.inputs[:SAMPLES], 0.5
    shown = opened.pipeline.apply(samples)
    space = Space(
        shown.min(axis=-1, keepdims=True), shown.max(axis=-1, keepdims=True), start, look.picture if look else None
    )
    return _Bounds(space, samples.min(axis=0).astype(np.float64), samples.max(axis=0).astype(np.float64))


def _draw(
    imagined: Sequence[Imagined], names: Sequence[str], answers: Sequence[Answer], look: Look, method: str
) -> bytes:
    tiles = []
    for one, name, answer in zip(imagined, names, answers, strict=True):
        note = f"answered {answer.name}, {certainty_text(answer.certainty)}"
        tiles.append(Tile(_pixels(one, look), name, note, good=answer.name == name))
    coloured = look.picture[0] == 3
    return sheet(tiles, None if coloured else KEYS[method])


def _pixels(imagined: Imagined, look: Look) -> Array:
    share = imagined.share.reshape(look.picture)
    if len(share) == 3:
        return np.round(np.moveaxis(share, 0, -1) * 255).astype(np.uint8)
    if imagined.neutral is not None:
        return diverging(share[0], imagined.neutral)
    return sequential(share[0] if look.dark is not False else 1 - share[0])


def _write(opened: OpenedRun, png: bytes, wanted: Sequence[str], method: str, out: Path | None) -> Path:
    if out is not None:
        if out.suffix.lower() != ".png":
            raise UsageError(f"{out}: heat maps are PNG files; let the name end in .png")
        write_file(out, png)
        return out
    words = ["imagine", *wanted, *([method] if method != "reverse" else [])]
    name = re.sub(r"[^\w.-]+", "_", "-".join(words))[:LONGEST_NAME] + ".png"
    opened.folder.write(name, png)
    return opened.folder.path / name


def _described(opened: OpenedRun, sample: Array) -> str:
    """The numbers of a sample that is no picture, with their names where they have any."""
    features = opened.facts["dataset"]["features"]
    if len(features) != sample.size:
        return f"at {numbers_text(sample)}"
    return "at " + ", ".join(
        f"{name} {number_text(value)}" for name, value in zip(features, sample.reshape(-1), strict=True)
    )


def _document(
    method: str, file: Path | None, names: Sequence[str], answers: Sequence[Answer], samples: Sequence[Array]
) -> dict[str, Any]:
    classes = [
        {"class": name, "answer": answer_facts(answer), "input": sample.tolist()}
        for name, answer, sample in zip(names, answers, samples, strict=True)
    ]
    return {"method": method, "file": None if file is None else str(file), "classes": classes}
