"""`nnspec export RUN --format NAME`: take a trained network elsewhere."""

import argparse
from pathlib import Path

from nnspec.cli.arguments import add_run
from nnspec.cli.output import tell, write_file
from nnspec.contracts.exporter import Exporter
from nnspec.errors import GOOD
from nnspec.registry.resolution import named_part
from nnspec.runs.opened import OpenedRun
from nnspec.runs.taken import model


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    add_run(parser)
    parser.add_argument(
        "--format", metavar="NAME", required=True, help="numpy, safetensors ...: `nnspec parts exporters`"
    )
    parser.add_argument(
        "-o", "--out", metavar="FILE", type=Path, help="the file (default: the network's name, in this folder)"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    exporter = named_part(Exporter, args.format)
    opened = OpenedRun(args.run)
    path = args.out or Path(f"{opened.spec.document.name}{exporter.suffix}")
    write_file(path, exporter.export(model(opened)))
    tell(path)
    return GOOD
