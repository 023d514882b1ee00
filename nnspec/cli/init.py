"""`nnspec init [TEMPLATE] [FILE]`: a first spec, filled in from the data it is pointed at.

Beside a file goes the JSON Schema of specs, which its first comments point editors at.
"""

import argparse
from pathlib import Path

from nnspec.cli.arguments import add_offline
from nnspec.cli.output import tell, write_file
from nnspec.errors import GOOD, UsageError
from nnspec.registry import Catalogue
from nnspec.registry.suggestions import closest
from nnspec.runs.sniffing import look_at
from nnspec.spec.schema import FILE_NAME, modeline, schema_text
from nnspec.spec.specification import parse
from nnspec.spec.starters import TEMPLATES, starter
from nnspec.types import shape_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verb's arguments."""
    known = "; ".join(f"{name}: {about}" for name, about in TEMPLATES.items())
    about = f"{known} (default: mlp)"
    parser.add_argument("template", metavar="TEMPLATE", nargs="?", default="mlp", help=about)
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="where to write it (default: stdout)")
    parser.add_argument(
        "--data", metavar="DATA", help="a CSV file, arrays, a folder of pictures, or a loader's name"
    )
    parser.add_argument("--label", metavar="COLUMN", help="the column of classes, for a CSV file")
    parser.add_argument("--target", metavar="COLUMN", help="the column of numbers to predict, for a CSV file")
    parser.add_argument("--force", action="store_true", help="replace FILE")
    add_offline(parser)


def run(args: argparse.Namespace) -> int:
    """Runs the verb."""
    if args.template not in TEMPLATES:
        near = closest(args.template, TEMPLATES)
        hint = f"did you mean `{near}`?" if near else f"one of: {', '.join(TEMPLATES)}"
        raise UsageError(f"there is no template `{args.template}`; {hint}")
    if args.file is not None and args.file.exists() and not args.force:
        raise UsageError(f"{args.file}: exists already; add --force to replace it")
    data = None
    if args.data is not None:
        folder = args.file.parent if args.file is not None else Path()
        data = look_at(args.data, folder, args.label, args.target, offline=args.offline)
        many = "s" if data.targets > 1 else ""
        what = f"{data.classes} classes" if data.classes is not None else f"{data.targets} number{many} to predict"
        tell(f"{args.data}: {data.samples:,} samples of {shape_text(data.shape)}, {what}", error=True)
    text = starter(args.template, data)
    parse(text)  # a starter that is not good itself would be no start
    if args.file is None:
        tell(text, end="")
        return GOOD
    # The comment stands between those that explain the spec and the spec itself.
    write_file(args.file, text.replace("\nnnspec:", f"\n{modeline(FILE_NAME)}\nnnspec:", 1).encode())
    schema = args.file.with_name(FILE_NAME)
    write_file(schema, schema_text(Catalogue()).encode())
    tell(f"{args.file}: written; next: nnspec validate {args.file}, then nnspec run {args.file}")
    tell(f"{schema}: written, for editors; `nnspec schema -o {schema}` renews it when you install plugins")
    return GOOD
