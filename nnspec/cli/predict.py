"""`nnspec predict RUN INPUT...`: what a trained network says of images, rows or numbers."""

import argparse
import re
from typing import Any

from nnspec.cli.answers import prediction_facts, prediction_texts
from nnspec.cli.arguments import add_json, add_run
from nnspec.cli.output import tell, tell_json
from nnspec.errors import GOOD, DataError, UsageError
from nnspec.inputs.preparation import METHODS
from nnspec.inputs.reading import Choices, Portion, Reader
from nnspec.runs.opened import OpenedRun, Predictions


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    # Without this argparse takes -1e-3 for an option: its own pattern knows no exponents. There is no public way.
    parser._negative_number_matcher = re.compile(r"-(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$", re.IGNORECASE)  # noqa: SLF001
    add_run(parser)
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="PNG or JPEG files, .npy, .npz or .csv files, or the bare numbers of one sample, in the units of the "
        "data set",
    )
    parser.add_argument(
        "--invert",
        action=argparse.BooleanOptionalAction,
        help="exchange dark and light of pictures (default: where their background is unlike the data set's)",
    )
    parser.add_argument(
        "--prepare",
        choices=METHODS,
        help="how pictures of another size are brought to the data set's: "
        + "; ".join(f"{name}: {text}" for name, text in METHODS.items())
        + " (default: digit for handwriting, stretch for image_folder, else fit)",
    )
    parser.add_argument("--array", metavar="NAME", help="which array of an .npz file (default: the first)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    opened = OpenedRun(args.run)
    choices = Choices(args.prepare, args.invert, args.array)
    reader = Reader(opened, choices, lambda choice: tell(choice, error=True))
    found: list[dict[str, Any]] = []
    for portion in reader.portions(args.inputs):
        predictions = _predict(opened, portion)
        names = [portion.name(index) for index in range(len(predictions))]
        if args.json:
            facts = prediction_facts(predictions)
            found += [{"input": name, **fact} for name, fact in zip(names, facts, strict=True)]
        else:
            for name, text in zip(names, prediction_texts(predictions), strict=True):
                tell(f"{name}: {text}")
    if args.json:
        tell_json({"run": str(opened.folder.path), "predictions": found})
    return GOOD


def _predict(opened: OpenedRun, portion: Portion) -> Predictions:
    try:
        return opened.predict(portion.samples)
    except UsageError as error:
        # What does not fit was read from a file.
        raise DataError(f"{portion.source}: {error}") from error
